import Foundation
import GGUF
import JSON
import Synchronization
import Tokenizers

/// A model in a GGUF file, or in the shards of one, as a model folder of Hugging Face would hold
/// it: a config.json made of the metadata, and the tensors under the names of the model's family.
final class GGUFModel: Sendable {
  /// The path of the file; of the first of several shards.
  let path: String

  /// The files, in the order of the shards.
  let files: [GGUFFile]

  /// `general.architecture` and what it means.
  let architecture: GGUFArchitecture

  /// The tensors under the names of the family.
  let weights: [String: GGUFWeight]

  /// The SHA-256 of the tensors' bytes, once it is known.
  let knownDigest = Mutex<String?>(nil)

  private let configuration: JSON
  /// What in the file each member of the configuration was made of.
  private let origins: [String: String]

  /// Opens a file, or all shards of a split one where it is one of them.
  ///
  /// - Throws: for a damaged file, an architecture that is not read, and metadata and tensors that
  ///   do not belong to it.
  init(contentsOf url: URL) throws(GGUFError) {
    files = try GGUFShards.open(url)
    path = files[0].path
    let metadata = files[0].metadata
    try Self.checkKind(metadata)
    let tensors = try GGUFTensors(files)
    architecture = try GGUFArchitecture(metadata).resolved(for: tensors)
    var config = try GGUFConfig(metadata, tensors)
    try architecture.configure(&config)
    try config.checkUnread()
    configuration = .object(config.members)
    origins = config.origins
    weights = try architecture.weights(of: tensors, config)
  }

  /// The values under their keys; those of the first shard.
  var metadata: GGUFMetadata { files[0].metadata }

  /// The config.json of the model.
  var config: JSONNode { JSONNode(configuration, file: path, origins: origins) }

  /// The name in the file of a tensor of the family.
  func nameInFile(of name: String) -> String { architecture.nameInFile(of: name) }

  /// The tokens that begin, end and pad a text. Text ends after those that the file names, and
  /// after marks that end a turn, by their spelling, as in llama.cpp: files of chat models often
  /// name one end alone.
  func generationConfiguration() throws(ModelFolderError) -> GenerationConfiguration {
    var members: JSONObject = [:]
    do {
      var ends: [Int] = []
      for role in ["eos", "eot", "eom"] {
        let identifier: Int? = try metadata.optional("tokenizer.ggml.\(role)_token_id")
        if let identifier { ends.append(identifier) }
      }
      ends += try GGUFVocabulary(metadata)?.turnEnds ?? []
      var known: Set<Int> = []
      members["eos_token_id"] = .array(
        ends.filter { known.insert($0).inserted }.map(JSON.integer))
      for (key, role) in [("bos_token_id", "bos"), ("pad_token_id", "padding")] {
        let identifier: Int? = try metadata.optional("tokenizer.ggml.\(role)_token_id")
        if let identifier { members[key] = .integer(identifier) }
      }
    } catch { throw .gguf(error) }
    do {
      return try GenerationConfiguration(
        generation: JSONNode(.object(members), file: path), config: nil)
    } catch { throw .json(error) }
  }

  /// Refuses files of llama.cpp that hold no language model.
  private static func checkKind(_ metadata: GGUFMetadata) throws(GGUFError) {
    let key = "general.type"
    guard let type: String = try metadata.optional(key), type != "model" else { return }
    throw metadata.failure(at: key, expected: "model")
  }
}
