package import Compute
package import Transformer

/// A learned prompt on the device that no training changes.
package final class StoredPrompt {
  package let form: PromptForm
  /// [elements], keys in the order of the device's cache.
  package let values: DeviceBuffer<Float>

  /// Uploads a prompt.
  ///
  /// - Throws: allocation and driver errors.
  package init(_ decoder: Decoder, _ prompt: LearnedPrompt) throws(ComputeError) {
    form = prompt.form
    values = try decoder.device.buffer(
      prompt.form.cacheOrdered(prompt.values, in: decoder.configuration))
  }
}
