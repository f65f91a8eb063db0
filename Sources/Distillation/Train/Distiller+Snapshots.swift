internal import Compute
package import Inference
package import Transformer

extension Distiller {
  /// The prompt and the optimizer's moments. Waits for the device.
  ///
  /// - Throws: driver errors.
  package func snapshot() throws(TransformerError) -> (
    prompt: LearnedPrompt, moments: OptimizerMoments
  ) {
    try computing { () throws(ComputeError) in
      (try parameters.download(), try parameters.downloadMoments())
    }
  }

  /// Continues from a snapshot.
  ///
  /// - Throws: driver errors.
  package func restore(
    _ prompt: LearnedPrompt, moments: OptimizerMoments
  ) throws(TransformerError) {
    try computing { () throws(ComputeError) in try parameters.restore(prompt, moments: moments) }
  }

  /// Restores the last prompt with a finite loss.
  ///
  /// - Throws: driver errors.
  package func restoreLastFinite() throws(TransformerError) {
    try computing { () throws(ComputeError) in try parameters.restoreLastFinite() }
  }
}
