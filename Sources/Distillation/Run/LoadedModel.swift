internal import Transformer

/// A model on the device, which a study leaves to the training after it.
package struct LoadedModel {
  let decoder: Decoder
}
