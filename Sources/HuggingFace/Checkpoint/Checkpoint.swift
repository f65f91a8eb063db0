import Foundation
import JSON
import Safetensors

/// The tensors of a model: `model.safetensors`, or the shards that `model.safetensors.index.json`
/// lists.
///
/// The files are mapped, not read: opening a checkpoint costs its headers, and a tensor costs
/// memory when it is touched.
package final class Checkpoint: Sendable {
  /// The folder of the files.
  package let folder: URL

  /// Every file once, in the order of their names.
  package let files: [SafetensorsFile]

  private let home: [String: SafetensorsFile]

  /// Opens the checkpoint of a model folder and checks every header, and that every tensor of the
  /// index is in its shard.
  package init(folder: URL) throws(CheckpointError) {
    self.folder = folder
    let single = folder.appending(path: Self.singleName)
    if FileManager.default.fileExists(atPath: single.path) {
      let file = try Self.open(single)
      files = [file]
      home = file.tensors.mapValues { _ in file }
      return
    }
    let index = folder.appending(path: Self.indexName)
    guard FileManager.default.fileExists(atPath: index.path) else {
      throw Self.absence(in: folder)
    }
    let shards: [(tensor: String, shard: String)]
    do {
      shards = try Self.shards(listedIn: JSONNode(contentsOf: index))
    } catch {
      throw .index(error)
    }
    var opened: [String: SafetensorsFile] = [:]
    for (tensor, shard) in shards where opened[shard] == nil {
      let url = folder.appending(path: shard)
      guard FileManager.default.fileExists(atPath: url.path) else {
        throw .missingShard(
          index: index.path, tensor: tensor, shard: shard,
          found: Self.insteadOf(shard, among: Set(shards.map(\.shard)), in: folder))
      }
      opened[shard] = try Self.open(url)
    }
    files = opened.sorted { $0.key < $1.key }.map(\.value)
    var home: [String: SafetensorsFile] = [:]
    for (tensor, shard) in shards {
      guard let file = opened[shard], file.tensors[tensor] != nil else {
        throw .notInShard(index: index.path, tensor: tensor, shard: shard)
      }
      home[tensor] = file
    }
    self.home = home
  }

  /// The file name of a model in one file.
  package static let singleName = "model.safetensors"

  /// The file name of the list of shards.
  package static let indexName = "model.safetensors.index.json"

  /// The names of all tensors, sorted.
  package var names: [String] { home.keys.sorted() }

  /// Whether there is a tensor of this name.
  package func contains(_ name: String) -> Bool { home[name] != nil }

  /// Type, shape and byte range of a tensor.
  ///
  /// - Parameters:
  ///   - name: the name of the tensor.
  ///   - shape: the shape that the caller needs, or nil for any.
  package func tensor(
    named name: String, shape: [Int]? = nil
  ) throws(CheckpointError) -> TensorDescription {
    let file = try file(of: name)
    return try Self.map { () throws(SafetensorsError) in
      try file.tensor(named: name, shape: shape)
    }
  }

  /// The file that holds a tensor, to keep its mapping alive.
  package func file(of name: String) throws(CheckpointError) -> SafetensorsFile {
    guard let file = home[name] else {
      throw .missingTensor(
        name: name, source: files.count == 1 ? files[0].path : folder.path,
        found: Self.insteadOf(tensor: name, among: home.keys))
    }
    return file
  }

  /// The elements of a floating-point tensor as `Float`, row-major.
  package func floats(
    of name: String, shape: [Int]? = nil
  ) throws(CheckpointError) -> [Float] {
    let file = try file(of: name)
    return try Self.map { () throws(SafetensorsError) in try file.floats(of: name, shape: shape) }
  }

  /// Checks that a tensor holds neither NaN nor infinity.
  package func checkFinite(_ name: String) throws(CheckpointError) {
    let file = try file(of: name)
    try Self.map { () throws(SafetensorsError) in try file.checkFinite(name) }
  }

  /// Lets the operating system take back the memory of a tensor's mapped pages; they stay readable.
  package func releasePages(of name: String) { home[name]?.releasePages(of: name) }

  private static func open(_ url: URL) throws(CheckpointError) -> SafetensorsFile {
    try map { () throws(SafetensorsError) in try SafetensorsFile(contentsOf: url) }
  }

  private static func map<Value>(
    _ body: () throws(SafetensorsError) -> Value
  ) throws(CheckpointError) -> Value {
    do {
      return try body()
    } catch {
      throw .safetensors(error)
    }
  }

  /// The tensors of an index with the names of their shards, in the order of the file.
  static func shards(
    listedIn index: JSONNode
  ) throws(JSONReadingError) -> [(tensor: String, shard: String)] {
    let map: JSONNode = try index.required("weight_map")
    var shards: [(tensor: String, shard: String)] = []
    for tensor in try map.keys() {
      let shard: String = try map.required(tensor)
      guard isInside(shard) else {
        throw map.failure(
          expected: "a file in the folder of the index", found: "\"\(shard)\"", at: tensor)
      }
      shards.append((tensor, shard))
    }
    return shards
  }

  /// Whether a relative path cannot leave its folder. Links are followed wherever they lead,
  /// because the hub's cache consists of them.
  static func isInside(_ path: String) -> Bool {
    let components = path.split(separator: "/", omittingEmptySubsequences: false)
    return components.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." } && !path.contains("\0")
  }

  private static func absence(in folder: URL) -> CheckpointError {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return .noSafetensors(folder: folder.path, found: ModelFiles(names).insteadOfWeights())
  }
}
