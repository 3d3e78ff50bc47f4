/** Class names, in the order of the labels. */
export const digitClasses = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/** Xiao, Rasul and Vollgraf 2017, table 2. */
export const fashionClasses = [
  'T-shirt/top',
  'trouser',
  'pullover',
  'dress',
  'coat',
  'sandal',
  'shirt',
  'sneaker',
  'bag',
  'ankle boot',
];
