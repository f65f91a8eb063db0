import Files
import Foundation
import JSON
import Safetensors

extension ModelFolder {
  /// A fingerprint that tells models apart, for recording beside what was made with them: the
  /// SHA-256, in 64 hexadecimal digits, of `config.json` without its white space and, for every
  /// tensor, name, type, shape and the first 256 bytes; of a GGUF file, whose config.json is made
  /// of its metadata, also its `general.name`; and of LoRA adapters the same of theirs.
  ///
  /// So it is cheap at any size, and a fine-tuned model differs from the one that it began with. It
  /// is no checksum of the weights: a change behind the first 256 bytes of a tensor does not show.
  ///
  /// - Throws: where the configuration or the headers of the weights cannot be read.
  package func fingerprint() throws(ModelFolderError) -> String {
    let config = try config()
    let checkpoint = try checkpoint()
    var hash = SHA256()
    let layout = JSON.Layout(elementSeparator: ",", keySeparator: ":", sortsKeys: true)
    hash.update(Array(config.json.text(layout).utf8).span)
    if let name = try generalName() { hash.update(Array("\n\(name)".utf8).span) }
    for name in checkpoint.names {
      let (line, start) = try Self.summary(of: name, in: checkpoint)
      hash.update(line.span)
      hash.update(start.span)
    }
    for adapter in adapters { adapter.update(&hash) }
    return SHA256.hexadecimal(hash.finish())
  }
  /// `general.name` of a GGUF file.
  private func generalName() throws(ModelFolderError) -> String? {
    do { return try gguf?.metadata.optional("general.name") } catch { throw .gguf(error) }
  }

  /// A line with name, type and shape of a tensor, and its first bytes.
  private static func summary(
    of name: String, in checkpoint: Checkpoint
  ) throws(ModelFolderError) -> (line: [UInt8], start: [UInt8]) {
    do {
      let tensor = try checkpoint.tensor(named: name)
      let line = Array("\n\(name) \(tensor.typeName) \(tensor.shape)\n".utf8)
      return (line, try checkpoint.leadingBytes(of: name, count: 256))
    } catch { throw .checkpoint(error) }
  }
}
