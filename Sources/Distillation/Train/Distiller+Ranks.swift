internal import Compute
package import Ranks
internal import Transformer

extension Distiller {
  /// The ranks that share out every batch.
  package var ranks: Ranks { teacher.shares.ranks }

  /// Adds up the gradients and losses of the shares. A rank without examples adds nothing.
  func sumOverRanks() throws(ComputeError) {
    if computed.passes == 0 { try parameters.clearGradient() }
    var loss: Float = 0
    for pass in 0..<computed.passes {
      loss += try device.download(history, from: lossIndex(ofPass: pass), count: 1)[0]
    }
    let sum = try parameters.sumGradient(over: ranks, with: loss)
    try device.upload([sum], into: &history, at: lossIndex(ofPass: 0))
    computed.passes = 1
  }
}
