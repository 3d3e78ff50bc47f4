/** Class names of CIFAR, in the order of the labels; a file of their own, since a page with the drawn digits has no use for them. */

/** Krizhevsky 2009: batches.meta.txt of the archive. */
export const cifar10Classes = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ');

/** Krizhevsky 2009: fine_label_names.txt of the archive, in alphabetical order. */
export const cifar100Classes = `
  apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle
  caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish
  forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle
  mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine
  possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
  sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle wardrobe whale
  willow_tree wolf woman worm`
  .trim()
  .split(/\s+/);
