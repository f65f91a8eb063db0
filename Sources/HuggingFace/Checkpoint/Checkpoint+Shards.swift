import Foundation
import JSON
import Safetensors

/// The safetensors files of a folder.
extension Checkpoint {
  /// The file of every tensor of a folder.
  static func safetensors(
    in folder: URL
  ) throws(CheckpointError) -> [String: SafetensorsFile] {
    let single = folder.appending(path: singleName)
    if FileManager.default.fileExists(atPath: single.path) {
      let file = try open(single)
      return file.tensors.mapValues { _ in file }
    }
    let index = folder.appending(path: indexName)
    guard FileManager.default.fileExists(atPath: index.path) else {
      throw absence(in: folder)
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
          found: insteadOf(shard, among: Set(shards.map(\.shard)), in: folder))
      }
      opened[shard] = try open(url)
    }
    var home: [String: SafetensorsFile] = [:]
    for (tensor, shard) in shards {
      guard let file = opened[shard], file.tensors[tensor] != nil else {
        throw .notInShard(index: index.path, tensor: tensor, shard: shard)
      }
      home[tensor] = file
    }
    return home
  }

  private static func open(_ url: URL) throws(CheckpointError) -> SafetensorsFile {
    do { return try SafetensorsFile(contentsOf: url) } catch { throw .safetensors(error) }
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
