internal import Compute
import HuggingFace
import JSON
import Tokenizers
internal import Transformer
import Weights

/// A teacher that is another model than the student, checked against it.
///
/// Both read the same token ids, those of the student's tokenizer and chat template, so every token
/// has to be the same in both. Models round their vocabularies up, so one may have logits that the
/// other lacks: the distributions of both are then over the ids that they share, which is the
/// softmax of these logits alone.
struct OtherTeacher: Sendable {
  private let model: TeacherModel
  /// Of the teacher, with V as both models share it.
  let configuration: DecoderConfiguration
  let record: TeacherRecord
  /// Rows of the larger vocabulary that the other model lacks.
  private let rowsApart: Int

  /// Reads and checks everything but the weights.
  ///
  /// - Parameters:
  ///   - model: the teacher.
  ///   - folder: the student's.
  ///   - student: the student's configuration.
  /// - Throws: at the first token that differs.
  init(
    _ model: TeacherModel, for folder: ModelFolder, _ student: DecoderConfiguration
  ) throws(DistillationError) {
    self.model = model
    let config = try opening { () throws(ModelFolderError) in try model.folder.config() }
    var configuration = try distilling { () throws(TransformerError) in
      try DecoderConfiguration(config: config)
    }
    let sizes = [configuration.vocabularySize, student.vocabularySize]
    try Self.checkTokens(of: model.folder, against: folder, upTo: max(sizes[0], sizes[1]))
    configuration.vocabularySize = min(sizes[0], sizes[1])
    rowsApart = abs(sizes[0] - sizes[1])
    self.configuration = configuration
    record = TeacherRecord(
      model: model.name.identifier, revision: model.name.revision, file: model.name.file,
      fingerprint: try opening { () throws(ModelFolderError) in try model.folder.fingerprint() },
      tensorsDigest: try opening { () throws(ModelFolderError) in
        if let gguf = try model.folder.ggufIdentity() { return gguf.tensorsDigest }
        return try model.folder.weightsDigest()
      },
      precision: model.precision == .stored ? nil : "\(model.precision)",
      vocabulary: configuration.vocabularySize)
  }

  /// Loads the model, over the shared ids.
  ///
  /// - Parameters:
  ///   - device: where it computes.
  ///   - precision: the format of its weights there; nil for the user's.
  ///   - handle: called with the progress.
  func load(
    on device: Device, precision: WeightPrecision? = nil, handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Decoder {
    handle(.progress(.loading, done: 0, total: configuration.layerCount))
    let decoder = try distilling { () throws(TransformerError) in
      try Decoder.load(
        model.folder, on: device, precision: precision ?? model.precision, handle: handle)
    }
    decoder.limitVocabulary(to: configuration.vocabularySize)
    return decoder
  }

  /// What to know before it reads.
  ///
  /// - Parameter conditioning: the student's.
  func notices(_ conditioning: Conditioning) -> [InputNotice] {
    var notices: [InputNotice] = []
    if rowsApart > 0 {
      notices.append(
        .sharedVocabulary(shared: record.vocabulary, others: rowsApart))
    }
    let own = (try? model.folder.chatTemplate())?.source
    if conditioning.isPlaced, own != conditioning.templateSource {
      notices.append(.otherTemplate(teacher: record.reference))
    }
    return notices
  }

  /// Checks that all tokens are the same, added and special ones too.
  ///
  /// - Parameter end: the ids that either model may have.
  private static func checkTokens(
    of teacher: ModelFolder, against student: ModelFolder, upTo end: Int
  ) throws(DistillationError) {
    let (found, expected) = (try tokenizer(teacher), try tokenizer(student))
    guard let found, let expected else {
      // Ids may be all that both know.
      if found == nil, expected == nil { return }
      throw .content(
        file: (found == nil ? teacher : student).url.path,
        expected: "a tokenizer, since teacher and student have to share one", found: "none")
    }
    let special = (found.specialIdentifiers, expected.specialIdentifiers)
    for identifier in 0..<max(end, found.vocabularySize, expected.vocabularySize) {
      let (own, other) = (found.token(of: identifier), expected.token(of: identifier))
      guard own != other else { continue }
      func text(_ token: String?, _ isSpecial: Bool) -> String {
        token.map { "the \(isSpecial ? "special " : "")token \(JSON.string($0.excerpt).text())" }
          ?? "no token"
      }
      throw .content(
        file: teacher.tokenizerPath,
        expected: "the tokenizer of the student \(student.url.path), where id \(identifier) is "
          + text(other, special.1.contains(identifier)),
        found: text(own, special.0.contains(identifier)))
    }
  }

  private static func tokenizer(_ folder: ModelFolder) throws(DistillationError) -> Tokenizer? {
    try opening { () throws(ModelFolderError) in try folder.tokenizer() }
  }
}
