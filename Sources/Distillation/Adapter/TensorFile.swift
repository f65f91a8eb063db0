import Foundation
import Safetensors

/// A safetensors file of f32 before it is written.
struct TensorFile {
  /// The name of the file.
  let name: String
  let tensors: [(name: String, shape: [Int], elements: [Float])]
  let metadata: [String: String]

  /// Writes it into a folder, whole or not at all.
  func write(to folder: URL) throws(DistillationError) {
    try write(at: folder.appending(path: name))
  }

  /// Writes it into the folder of a run.
  func write(to run: RunFolder) throws(DistillationError) {
    let digest: String
    do {
      digest = try SafetensorsWriter.digest(
        of: tensors, metadata: metadata, for: run.url.appending(path: name))
    } catch { throw .safetensors(error) }
    try run.write(name, digest: digest) { (url) throws(DistillationError) in try write(at: url) }
  }

  private func write(at url: URL) throws(DistillationError) {
    try writingTensors { () throws(SafetensorsError) in
      try SafetensorsWriter.write(tensors, metadata: metadata, to: url)
    }
  }
}
