internal import Inference
internal import Ranks
internal import Transformer

extension PrefixedDecoder {
  /// As the other, with the prompts shared out over ranks: all have all answers. What a prompt
  /// draws does not depend on the rank that answers it.
  func generate(
    _ prompts: [[Int]], options: GenerationOptions, sharedBy ranks: Ranks,
    progress: (_ made: Int, _ most: Int) -> Void = { _, _ in }
  ) throws(TransformerError) -> [[Int]] {
    let shares = ExampleShares(ofSpans: prompts.map { _ in 0 }, ranks)
    return shares.gather(
      lists: try generate(
        shares.own.map { prompts[$0] }, options: options, numbers: shares.own, progress: progress))
  }
}
