import Files
import GGUF
import JSON

/// What names a GGUF model beside things that were made with it, and tells its quantisations from
/// other models.
package struct GGUFIdentity: Sendable, Equatable, Codable {
  /// `general.name`; nil where the file has none.
  package var name: String?
  /// The name of the file, of several shards the first's.
  package var file: String
  /// `general.architecture`.
  package var architecture: String
  /// The number of its shards; nil for one file.
  package var shards: Int?
  /// The SHA-256 of the tensors' bytes in the order of the files, 64 hexadecimal digits: what
  /// `gguf-hash --sha256` of llama.cpp prints of a whole file. Metadata do not count.
  package var tensorsDigest: String
  /// The SHA-256 of what all quantisations of a model share: architecture and sizes, the tokenizer,
  /// names and shapes of the tensors, and the vectors (norms and biases), which are not quantised.
  package var modelDigest: String

  /// An identity.
  package init(
    name: String?, file: String, architecture: String, shards: Int? = nil, tensorsDigest: String,
    modelDigest: String
  ) {
    self.name = name
    self.file = file
    self.architecture = architecture
    self.shards = shards
    self.tensorsDigest = tensorsDigest
    self.modelDigest = modelDigest
  }

  private enum CodingKeys: String, CodingKey {
    case name, file, architecture, shards
    case tensorsDigest = "tensors_sha256"
    case modelDigest = "model_sha256"
  }
}

extension GGUFModel {
  /// What names the model. The tensors are hashed when it is first requested.
  ///
  /// - Throws: where a file became shorter, or the name is no text.
  func identity() throws(GGUFError) -> GGUFIdentity {
    let name: String? = try metadata.optional("general.name")
    return GGUFIdentity(
      name: name, file: path.split(separator: "/").last.map(String.init) ?? path,
      architecture: architecture.name, shards: files.count > 1 ? files.count : nil,
      tensorsDigest: try tensorsDigest(), modelDigest: try modelDigest())
  }

  /// The SHA-256 of the tensors' bytes, in the order of the files.
  func tensorsDigest() throws(GGUFError) -> String {
    if let known = knownDigest.withLock({ $0 }) { return known }
    var hash = SHA256()
    for file in files {
      try file.checkLength()
      for tensor in file.tensors {
        file.withBytes(of: tensor) { hash.update($0) }
        file.releasePages(of: tensor)
      }
    }
    let digest = SHA256.hexadecimal(hash.finish())
    knownDigest.withLock { $0 = digest }
    return digest
  }

  /// The SHA-256 of what all quantisations of the model share.
  func modelDigest() throws(GGUFError) -> String {
    var hash = SHA256()
    let layout = JSON.Layout(elementSeparator: ",", keySeparator: ":", sortsKeys: true)
    hash.update(Array("\(architecture.name)\n\(config.json.text(layout))".utf8).span)
    for key in ["model", "tokens", "scores", "merges"].map({ "tokenizer.ggml.\($0)" }) {
      hash.update(Array("\n\(key)\n".utf8).span)
      metadata.withBytes(of: key) { hash.update($0) }
    }
    for (name, weight) in weights.sorted(by: { $0.key < $1.key }) {
      hash.update(Array("\n\(name) \(weight.shape)\n".utf8).span)
      guard weight.shape.count < 2 else { continue }
      try weight.file.checkLength()
      let values = weight.floats()
      unsafe hash.update(values.span.bytes)
    }
    return SHA256.hexadecimal(hash.finish())
  }
}

extension ModelFolder {
  /// What names a GGUF model; nil for other models. The tensors are hashed once.
  ///
  /// - Throws: where the file became shorter, or its name is no text.
  package func ggufIdentity() throws(ModelFolderError) -> GGUFIdentity? {
    do { return try gguf?.identity() } catch { throw .gguf(error) }
  }

  /// ``GGUFIdentity/modelDigest``, without hashing the tensors; nil for other models.
  ///
  /// - Throws: where the file became shorter.
  package func ggufModelDigest() throws(ModelFolderError) -> String? {
    do { return try gguf?.modelDigest() } catch { throw .gguf(error) }
  }
}
