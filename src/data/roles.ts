import { DataError } from './errors.ts';

/** What an array is by its name: the examples or their labels, of training or test; `rest` is what a pair has in common. */
interface Role {
  part: 'x' | 'y';
  split: 'train' | 'test' | 'validation' | 'all';
  rest: string;
}

const words: Record<string, Partial<Role>> = {
  ...all(['x', 'images', 'image', 'data', 'features', 'inputs'], { part: 'x' }),
  ...all(['y', 'labels', 'label', 'targets', 'target', 'classes'], { part: 'y' }),
  ...all(['train', 'training'], { split: 'train' }),
  ...all(['test', 't10k', 'testing'], { split: 'test' }),
  ...all(['val', 'valid', 'validation'], { split: 'validation' }),
};

/** `train-images-idx3-ubyte.gz`, `x_train`, `y`, `arr_0` (the first of numpy.savez without names). */
export function roleOf(name: string): Role | undefined {
  const unnamed = { arr_0: 'x', arr_1: 'y' }[name];
  const tokens = (unnamed ?? name)
    .replace(/\.(gz|npy)$/g, '')
    .toLowerCase()
    .split(/[-_. ]+/)
    .filter((token) => !/^(idx\d?|ubyte|byte|short|int|float|double|npy)$/.test(token));
  const known = tokens.map((token) => words[token]);
  const part = known.find((word) => word?.part)?.part;
  const split = known.find((word) => word?.split)?.split ?? 'all';
  return part && { part, split, rest: tokens.filter((token) => !words[token]).join(' ') };
}

/** Which of the names are the examples and the labels of each split. */
export interface Pairs {
  train: Record<Role['part'], string>;
  test?: Record<Role['part'], string>;
  unused: string[];
}

/**
 * Finds the pairs among `names`, or those that `chosen`, one of them, belongs to. Throws a DataError where they are not
 * complete or where there are several; `advice` says how such data are to be named.
 */
export function pairsOf(where: string, names: readonly string[], advice: string, chosen?: string): Pairs {
  const roles = names.flatMap((name) => {
    const role = roleOf(name);
    return role ? [{ name, ...role }] : [];
  });
  const about = (problem: string) => {
    const some = names.length > 0 ? names.slice(0, 20).join(', ') : 'nothing';
    return new DataError('DATA_INVALID', `${where}: ${problem}. There is: ${some}.`, [advice]);
  };
  const wanted = chosen === undefined ? undefined : roleOf(chosen);
  if (chosen !== undefined && !wanted) throw about(`${chosen} says neither that it has examples nor labels`);
  const groups = [...new Set(roles.map(({ rest }) => rest))].filter(
    (rest) => !wanted || rest === wanted.rest,
  );
  if (groups.length > 1) throw about('several datasets are in it, so name one of their files');
  const own = roles.filter(({ rest }) => rest === groups[0]);
  const find = (part: Role['part'], split: Role['split']) => {
    const found = own.filter((role) => role.part === part && role.split === split);
    if (found.length > 1) throw about(`${found[0].name} and ${found[1].name} may both be meant`);
    return found[0]?.name;
  };
  const pair = (split: Role['split']) => {
    const [x, y] = [find('x', split), find('y', split)];
    if (x === undefined && y === undefined) return undefined;
    if (x !== undefined && y !== undefined) return { x, y };
    throw about(x === undefined ? `${y} has no examples beside it` : `${x} has no labels beside it`);
  };
  // A file that names a split of its own is taken alone, unless the other one is there, too.
  const train = pair('train') ?? pair('all');
  const validation = pair('validation');
  const test = pair('test') ?? validation;
  if (!train) throw about('no examples with labels for training are in it');
  const used = [train, test].flatMap((each) => (each ? [each.x, each.y] : []));
  return { train, test, unused: names.filter((name) => !used.includes(name)) };
}

function all(names: readonly string[], role: Partial<Role>) {
  return Object.fromEntries(names.map((name) => [name, role]));
}
