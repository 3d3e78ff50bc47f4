import * as tf from '@tensorflow/tfjs';

/**
 * tfjs-backend-wasm 4.22 has no Conv2DBackpropFilter (tensorflow/tfjs#8474), so it cannot train any convolution, and its
 * Conv2DBackpropInput runs at a tenth of its Conv2D. Both are written here with its Conv2D, as a user would have to, so that the
 * comparison is with the best that the peer can do.
 */
const view = (backend, info) => {
  backend.incRef(info.dataId);
  return tf.engine().makeTensorFromTensorInfo(info);
};

/** dW = conv2d(x^T, dy^T): samples become channels, and the stride becomes a dilation. */
tf.registerKernel({
  kernelName: 'Conv2DBackpropFilter',
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const [kh, kw] = attrs.filterShape;
    const { padInfo: p } = tf.backend_util.computeConv2DInfo(
      inputs.x.shape,
      attrs.filterShape,
      attrs.strides,
      1,
      attrs.pad,
    );
    return tf.tidy(() => {
      const padded = tf.pad(view(backend, inputs.x), [
        [0, 0],
        [p.top, p.bottom],
        [p.left, p.right],
        [0, 0],
      ]);
      const xt = tf.transpose(padded, [3, 1, 2, 0]);
      const dyt = tf.transpose(view(backend, inputs.dy), [1, 2, 0, 3]);
      const dw = tf.conv2d(xt, dyt, 1, 'valid', 'NHWC', attrs.strides);
      // Rows and columns of x that a stride leaves out make it larger than the filter
      return tf.transpose(tf.slice(dw, [0, 0, 0, 0], [dw.shape[0], kh, kw, dw.shape[3]]), [1, 2, 0, 3]);
    });
  },
});

const { kernelFunc: shipped, setupFunc } = tf.getKernel('Conv2DBackpropInput', 'wasm');
tf.unregisterKernel('Conv2DBackpropInput', 'wasm');

/** Of stride 1: dX = conv2d(dy, the filter turned around). Of other strides the kernel that it ships. */
tf.registerKernel({
  kernelName: 'Conv2DBackpropInput',
  backendName: 'wasm',
  setupFunc,
  kernelFunc: (call) => {
    const { inputs, attrs, backend } = call;
    const [kh, kw] = inputs.filter.shape;
    if ([attrs.strides].flat().some((stride) => stride !== 1)) return shipped(call);
    const { padInfo: p } = tf.backend_util.computeConv2DInfo(
      attrs.inputShape,
      inputs.filter.shape,
      1,
      1,
      attrs.pad,
    );
    return tf.tidy(() => {
      const turned = tf.transpose(tf.reverse(view(backend, inputs.filter), [0, 1]), [0, 1, 3, 2]);
      const around = [
        [0, 0],
        [kh - 1 - p.top, kh - 1 - p.bottom],
        [kw - 1 - p.left, kw - 1 - p.right],
        [0, 0],
      ];
      return tf.conv2d(tf.pad(view(backend, inputs.dy), around), turned, 1, 'valid');
    });
  },
});
