/**
 * The guided path: where learners get stuck, and what to do on this page to get on. The order is that of the questions one meets. The
 * stumbling blocks are real ones, each asked again and again in forums and in the issues of frameworks; `asked` names one place.
 */
export interface Step {
  question: string;
  asked: string;
  /** The panel and state to look at. */
  address: string;
  /** What to do there. */
  task: string;
  /** What one sees then, and why. */
  answer: string;
}

export const steps: readonly Step[] = [
  {
    question:
      'μ and σ are the same for the whole batch. Why is their gradient taken, are they not constants?',
    asked: 'Cross Validated, and mirrored since',
    address: '#/paths?norm=batch',
    task: 'Under “leave out of the backward pass” choose both, and read the checks.',
    answer:
      'Differences of the loss disagree at once, and Σdx is no longer 0: moving one x moves μ and v, and with them every y of the set. They are computed from x, so x reaches the loss through them.',
  },
  {
    question:
      'The derivative of x̂ by x is 1/σ, is it not? With the quotient rule there comes out something else.',
    asked: 'Data Science Stack Exchange',
    address: '#/tape?norm=layer',
    task: 'Count the edges that leave x, then step backward to the end.',
    answer:
      '1/σ is the partial derivative, with μ and σ held. x has three edges: to x − μ, to the mean and to the variance. Where edges meet, gradients add, and the total derivative is the sum of three.',
  },
  {
    question: 'Where are the sums over the batch? And a term of dμ has gone: is that a mistake?',
    asked: 'Mathematics Stack Exchange 2359981; an issue of mlpack',
    address: '#/tape?norm=batch',
    task: 'Go to the step that computes dμ, and look at the sum of x − μ.',
    answer:
      'A mean hands the same share, 1/m, to every element, so what comes back through it is a sum over the set. And v depends on μ by −2/m Σ(x − μ), which is 0: that path is empty, not forgotten.',
  },
  {
    question: 'A bias before a norm gets the gradient 0. That makes no sense, or does it?',
    asked: 'Artificial Intelligence Stack Exchange 26525, without an answer for years',
    address: '#/projection?norm=batch',
    task: 'Move g, and watch what is left of it along the line 1.',
    answer:
      'Nothing ever is. The norm subtracts the mean, so a shift of the whole set cannot change the loss: Σdx = 0. The bias of a layer before BatchNorm adds one number to all of a channel, which is the set, and its gradient is that sum. (LayerNorm’s set has many features, each with a bias of its own: those do get gradients, which sum to 0.)',
  },
  {
    question: 'Why does BatchNorm refuse a batch of one, and learn so little at two?',
    asked: '“Expected more than 1 value per channel when training”, in a dozen repositories',
    address: '#/projection?norm=batch&m=2',
    task: 'Move m from 2 to 64.',
    answer:
      'Two directions of m are removed, so of two values nothing is left: x̂ is ±1 whatever x is. Of 64 there are 62. Images have their positions too, m = N·H·W: that is why it is vectors that suffer.',
  },
  {
    question: 'LayerNorm, GroupNorm with one group, InstanceNorm: what is the difference?',
    asked: 'PyTorch #75862, #159736; poolformer #9',
    address: '#/sets?norm=group',
    task: 'Choose a cell, then change the norm and the number of groups.',
    answer:
      'Only who shares statistics. One group is the whole sample, as many groups as channels is InstanceNorm. Who shares statistics is also who is told: the Jacobian has the same blocks.',
  },
  {
    question: 'Biased or unbiased variance? Training divides by m, and the running variance is another one.',
    asked: 'PyTorch #3122, #19902, #60528, #77427, #106366',
    address: '#/evaluation?norm=batch',
    task: 'Take batches of 2, and switch between biased and unbiased.',
    answer:
      'The batch is normalized by Σ(x − μ)²/m. The running variance, which stands for data not seen, gathers Σ(x − μ)²/(m − 1). At m = 2 one is twice the other; at 64 nobody sees it.',
  },
  {
    question: 'What is momentum 0.1 here, and why do training and evaluation differ?',
    asked: 'PyTorch #15298, #4741; Keras #7265',
    address: '#/evaluation?norm=batch',
    task: 'Move the momentum, and watch how long the running mean takes to arrive.',
    answer:
      'It is the weight of the new batch (in Keras it is that of the old ones, 0.9). Until the running statistics have arrived, evaluation normalizes with others than training did, and a “frozen” norm in training mode still moves them.',
  },
  {
    question: 'My backward pass passes the gradient check, and the network does not learn. How can that be?',
    asked: 'Mnemosyne #730',
    address: '#/paths?norm=layer&dy=1,1,1,1',
    task: 'Look at dx for a dy of ones; then move one dy.',
    answer:
      'A dy of ones is the direction that the norm removes: dx is 0 however wrong the formula is. A gradient check needs a dy that is not special. And with γ that differ, γ·dy comes before the means: it cannot be pulled out.',
  },
  {
    question: 'So what does all this do for training?',
    asked: 'everybody, at last',
    address: '#/duel?a=none&b=batch',
    task: 'Run both, then raise the learning rate tenfold.',
    answer:
      'Scaling the weights before a norm changes nothing but the size of their gradient, so large steps slow themselves down. Without a norm the layers’ gradients drift apart with the depth, and the loss is gone at the first large step.',
  },
];
