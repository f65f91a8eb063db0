import HuggingFace
import Weights

/// Another model that reads the context, answers and scores in the place of the one that is
/// trained.
package struct TeacherModel: Sendable {
  /// The model.
  package var folder: ModelFolder
  /// Its name in records and reports.
  package var name: ModelName
  /// The format of its weights on the device.
  package var precision: WeightPrecision

  /// A model.
  package init(folder: ModelFolder, name: ModelName, precision: WeightPrecision = .stored) {
    self.folder = folder
    self.name = name
    self.precision = precision
  }
}

/// What a run records of a teacher that is another model.
package struct TeacherRecord: Sendable, Equatable, Codable {
  /// The name of the model for other tools, its revision and its GGUF file.
  package var model: String
  package var revision: String?
  package var file: String?
  /// `ModelFolder.fingerprint()`.
  package var fingerprint: String
  /// The SHA-256 of the tensors of a GGUF file, of other models `ModelFolder.weightsDigest()`; nil
  /// of these in records of older programs.
  package var tensorsDigest: String?
  /// The format of its weights on the device; nil for that of the file.
  package var precision: String?
  /// The number of token ids that both models have logits for: over these they are compared.
  package var vocabulary: Int

  /// The text that names the model for a user.
  package var reference: String {
    ModelName(model, revision: revision, file: file).reference
  }

  private enum CodingKeys: String, CodingKey {
    case model, revision, file, fingerprint, precision, vocabulary
    case tensorsDigest = "tensors_sha256"
  }

  /// Whether both name the same weights.
  func isSame(as other: TeacherRecord) -> Bool {
    let digests = [tensorsDigest, other.tensorsDigest].compactMap(\.self)
    return fingerprint == other.fingerprint && Set(digests).count < 2
      && precision == other.precision
  }

  /// A record in a message.
  static func title(_ record: TeacherRecord?) -> String {
    record.map { record in
      "\(record.reference)\(record.precision.map { " in \($0)" } ?? "") "
        + "(\((record.tensorsDigest ?? record.fingerprint).prefix(12))...)"
    } ?? "none"
  }
}
