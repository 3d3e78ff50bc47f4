/** What scripts/page.ts makes while it builds, so that the page shows it before the engine has loaded. */
declare module 'virtual:norms' {
  /** Every norm of the registry, in its order. */
  export const norms: readonly NormFacts[];

  export interface NormFacts {
    name: string;
    title: string;
    aliases: readonly string[];
    kind: 'activation' | 'weight';
    sets: string;
    /** One standardization: its gradient has the paths direct, through mu (if `centred`) and through v. */
    standard: boolean;
    centred: boolean;
    detaches: boolean;
    /** Keeps running statistics, with which it evaluates. */
    runs: boolean;
    /** `quiz` asks for it. */
    quiz: boolean;
  }
}

/** Formulas by name: lines of `name: TeX`, typeset as MathML. `\named{mu}{…}` marks what is highlighted with the number of that name. */
declare module '*.tex' {
  const formulas: Readonly<Record<string, string>>;
  export default formulas;
}

/** Style sheets, which the build joins to one. */
declare module '*.css';
