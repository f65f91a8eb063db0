import Files
import Foundation
import JSON
import Safetensors

extension ModelFolder {
  /// A fingerprint that tells models apart, for recording beside what was made with them: the
  /// SHA-256, in 64 hexadecimal digits, of `config.json` without its white space and, for every
  /// tensor, name, type, shape and the first 256 bytes.
  ///
  /// So it is cheap at any size, and a fine-tuned model differs from the one that it began with. It
  /// is no checksum of the weights: a change behind the first 256 bytes of a tensor does not show.
  package func fingerprint() throws(ModelFolderError) -> String {
    let config = try config()
    let checkpoint = try checkpoint()
    var hash = SHA256()
    let layout = JSON.Layout(elementSeparator: ",", keySeparator: ":", sortsKeys: true)
    hash.update(Array(config.json.text(layout).utf8).span)
    for name in checkpoint.names {
      do {
        let file = try checkpoint.file(of: name)
        let tensor = try checkpoint.tensor(named: name)
        hash.update(Array("\n\(name) \(tensor.elementType) \(tensor.shape)\n".utf8).span)
        hash.update(file.leadingBytes(of: tensor, count: 256).span)
      } catch {
        throw .checkpoint(error)
      }
    }
    return SHA256.hexadecimal(hash.finish())
  }
}
