import Files
import HuggingFace

/// SHA-256 of a run's inputs, 64 hexadecimal digits each, so that a resumed run and an adapter can
/// detect changed inputs. The model's does not cover all its weights.
package struct RunFingerprints: Sendable, Equatable, Codable {
  /// The model: `ModelFolder.fingerprint()`.
  package var model: String
  /// The token ids of header, context and closing.
  package var context: String
  /// The token ids of all training examples, with the parts of the context that they name.
  package var inputs: String
  /// The same of all held-out examples.
  package var validation: String

  /// What an adapter records of them.
  init(model: String, context: String) {
    (self.model, self.context, inputs, validation) = (model, context, "", "")
  }

  /// The fingerprints of a run.
  package init(
    model: String, context: [Int], in frame: Frame, training: [InputExample],
    validation: [InputExample]
  ) {
    self.model = model
    self.context = Self.digest(of: context, in: frame)
    inputs = Self.hash(training.flatMap(Self.lists))
    self.validation = Self.hash(validation.flatMap(Self.lists))
  }

  /// What is hashed of an example.
  private static func lists(of example: InputExample) -> [[Int]] {
    [example.prompt, example.response ?? []] + [example.context.fingerprint].compactMap(\.self)
  }

  /// The SHA-256 of the token ids of a context and of its frame.
  static func digest(of context: [Int], in frame: Frame) -> String {
    hash([frame.header, context, frame.closing])
  }

  /// A hash of lists of token ids, with their boundaries.
  private static func hash(_ lists: [[Int]]) -> String {
    var hash = SHA256()
    for list in lists {
      let text = "\(list.count):\(list.map(String.init).joined(separator: ","));"
      hash.update(Array(text.utf8).span)
    }
    return SHA256.hexadecimal(hash.finish())
  }

  /// Checks that the inputs of a resumed run are the recorded ones.
  ///
  /// - Throws: ``DistillationError/changedSinceCheckpoint(checkpoint:item:recorded:found:)``.
  package func check(
    against recorded: RunFingerprints, checkpoint: String
  ) throws(DistillationError) {
    let pairs = [
      ("the model", recorded.model, model), ("the context", recorded.context, context),
      ("the inputs", recorded.inputs, inputs),
      ("the validation examples", recorded.validation, validation),
    ]
    for (what, before, now) in pairs where before != now {
      throw .changedSinceCheckpoint(
        checkpoint: checkpoint, item: .input(what), recorded: "\(before.prefix(12))...",
        found: "\(now.prefix(12))...")
    }
  }
}
