/** Every loss by its name in a configuration; loss.ts has the losses themselves. */
export const lossNames = ['cross-entropy', 'mse', 'hinge'] as const;

export type LossName = (typeof lossNames)[number];
