import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { createBatches } from '../../src/data/batches.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import { type CsvOptions, decodeCsv } from '../../src/data/format/csv.ts';
import { readRows } from '../../src/data/format/csvRows.ts';
import { channelStatistics, standardizePixels } from '../../src/data/transforms.ts';

const file = (text: string) => ({ file: 'a.csv', bytes: new TextEncoder().encode(text) });
const decode = (text: string, options?: CsvOptions) => decodeCsv(file(text), options);
const rows = (text: string) => [...readRows(file(text))].map(({ cells }) => cells);

/** Rows of both splits as `features > class`, sorted. */
function contents({ train, test: held }: Dataset): string[] {
  return [train, held]
    .flatMap((set) =>
      Array.from({ length: set.count }, (_, i) => {
        const features = set.images.subarray(i * set.channels, (i + 1) * set.channels);
        return `${[...features].join(' ')} > ${set.classes[set.labels[i]]}`;
      }),
    )
    .sort();
}

const iris = 'length,width,species\n5.1,3.5,setosa\n7,3.2,versicolor\n4.9,3,setosa\n6.4,3.1,versicolor\n';
const irisRows = ['4.9 3 > setosa', '5.1 3.5 > setosa', '6.4 3.1 > versicolor', '7 3.2 > versicolor'];

describe('rows', () => {
  it('are what stands between separators and line ends, quoted or not', () => {
    expect(rows('a,b\r\n 1 , "x, ""y""" \r\n\r\n"two\nlines",""')).toEqual([
      ['a', 'b'],
      ['1', 'x, "y"'],
      ['two\nlines', ''],
    ]);
    expect(rows('\uFEFFa;b,c;d\n1;2')).toEqual([
      ['a', 'b,c', 'd'],
      ['1', '2'],
    ]);
    expect(rows('"a"\t\t"b"\t\n')).toEqual([['a', '', 'b', '']]);
    expect([...readRows(file('1,2\n\n"x\ny",3\n4,5'))].map(({ line }) => line)).toEqual([1, 3, 5]);
  });

  it('come back as they were written', () => {
    const cell = fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\r', ''));
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(table, fc.constantFrom(',', ';', '\t'), (cells, separator) => {
        const first = Array.from({ length: 9 }, () => 'x');
        const text = [first, ...cells]
          .map((row) => row.map((each) => `"${each.replaceAll('"', '""')}"`).join(separator))
          .join('\r\n');
        const expected = cells.map((row) => row.map((each) => each.replaceAll('\r\n', '\n')));
        expect(rows(text)).toEqual([first, ...expected]);
      }),
    );
  });

  it.each(['a,b\n"x,1\n2,3\n', 'a,b\n"x"y,1\n'])('%j: an error that names the line', (text) => {
    expect(() => rows(text)).toThrow(/^a\.csv: line 2: got .* quote/);
  });

  it('a line without an end is refused', () => {
    expect(() => rows('1,'.repeat(9e6))).toThrow('a line or a cell of more than 16,777,216 characters');
    expect(() => rows(`a,b\n"${`${'x'.repeat(1e6)}\n`.repeat(18)}`)).toThrow('a line or a cell of more than');
  });
});

describe('a table', () => {
  it('has a feature for each column but the label, and a class for each different label', () => {
    const data = decode(iris);
    expect(data.train).toMatchObject({ height: 1, width: 1, channels: 2, classes: ['setosa', 'versicolor'] });
    expect(contents(data)).toEqual(irisRows);
  });

  it('needs no header, and reads other separators', () => {
    const bare = iris.split('\n').slice(1).join('\n');
    expect(contents(decode(bare))).toEqual(irisRows);
    expect(contents(decode(bare.replaceAll(',', '\t')))).toEqual(irisRows);
    expect(contents(decode(iris.replaceAll(',', ';')))).toEqual(irisRows);
    expect(() => decode('1,2,a\n3,4,b\n3,4,b\n', { header: true })).toThrow('the only label "b"');
  });

  it('takes the column of the labels by name, by number, or by what it is called', () => {
    const named = 'species,length,width\nsetosa,5.1,3.5\nversicolor,7,3.2\nsetosa,4.9,3\nversicolor,6.4,3.1';
    for (const options of [{ label: 'species' }, { label: 1 }, { label: '1' }]) {
      expect(contents(decode(named, options))).toEqual(irisRows);
    }
    expect(contents(decode(named.replace('species', 'Class')))).toEqual(irisRows);
  });

  it('numbers as labels are sorted by size', () => {
    const text = Array.from({ length: 24 }, (_, i) => `${i},${[10, 9, -1][i % 3]}`).join('\n');
    expect(decode(text).train.classes).toEqual(['-1', '9', '10']);
  });

  it('warns of a column without a name', () => {
    const data = decode(',a,label\n0,5,x\n1,6,y\n2,7,x\n3,8,y\n');
    expect(data.train.warnings).toEqual([expect.stringContaining('a.csv: column 1 has no name')]);
  });

  it.each([
    ['a,b,label\n1,,x\n', 'a.csv: line 2, column "b": got an empty cell, expected a value.'],
    ['a,b,label\n1,2,x\n1,NaN,x\n', 'a.csv: line 3, column "b": got the missing value "NaN"'],
    [
      'a,b,label\n1,2,x\n1,inf,x\n',
      'a.csv: line 3, column "b": got "inf", expected a finite number. Only the label',
    ],
    [
      'a;b;label\n1;2;x\n1,5;2;x\n',
      'line 3, column "a": got "1,5", expected a finite number. Write decimals with a',
    ],
    ['a,b,label\n1,2,\n', 'a.csv: line 2, column "label": got an empty cell'],
    ['1,2,x\n1,2,3,y\n', 'a.csv: line 2: got 4 cells, expected 3, as in the first line.'],
    ['1,2,0.5\n1,2,0.7\n', 'got the label 0.5, expected whole numbers or texts. Classes are told apart here'],
    ['1,2,x\n1,2,x\n', 'a.csv: got the only label "x", expected at least two classes.'],
    ['', 'a.csv: got no line'],
    ['a,b\n', 'a.csv: got one line'],
    ['a\n1\n2\n', 'a.csv: got one column'],
  ])('%j: says what is wrong, and where', (text, message) => {
    expect(() => decode(text)).toThrow(message);
  });

  it('says so where there is no such column', () => {
    expect(() => decode(iris, { label: 'specie' })).toThrow(
      'a.csv: got the label in unknown column "specie" (did you mean "species"?), expected one of length, width, species, or a number from 1 to 3.',
    );
    expect(() => decode(iris, { label: 4 })).toThrow('unknown column "4"');
    const ids = Array.from({ length: 12 }, (_, i) => `${i % 2},${i * 7}`).join('\n');
    expect(() => decode(ids)).toThrow('got 12 different labels ("0", "7", "14", …) of 12 examples');
  });
});

test('columns are standardized one by one, by the training rows; a constant one becomes 0', () => {
  const text = Array.from({ length: 200 }, (_, i) => `${1e9 + (i % 7)},${i / 1e3},0.1,${i % 2}`).join('\n');
  const { train } = decode(text);
  const statistics = channelStatistics(train);
  expect([statistics.std[2], statistics.mean[2]]).toEqual([0, 0.1]);
  const batches = createBatches(train, { batchSize: train.count, transform: standardizePixels(statistics) });
  const [{ images }] = batches.epoch(1);
  for (let column = 0; column < 3; column++) {
    const values = images.filter((_, i) => i % 3 === column);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(0, 5);
    expect(square).toBeCloseTo(column === 2 ? 0 : 1, 5);
  }
});
