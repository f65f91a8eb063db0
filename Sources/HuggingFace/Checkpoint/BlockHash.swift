import Files
import Foundation
import GGUF
import Safetensors
import Synchronization

/// The bytes of a tensor in its file.
enum TensorBytes: Sendable {
  case safetensors(SafetensorsFile, TensorDescription)
  case gguf(GGUFFile, GGUFTensor)

  /// The number of bytes.
  var count: Int {
    switch self {
    case .safetensors(_, let tensor): tensor.byteRange.count
    case .gguf(_, let tensor): tensor.byteRange.count
    }
  }

  /// The SHA-256 of a part of them, whose pages the operating system may then take back.
  func digest(of part: Range<Int>) -> [UInt8] {
    var hash = SHA256()
    switch self {
    case .safetensors(let file, let tensor):
      file.withBytes(of: tensor) { hash.update($0.extracting(part)) }
      file.releasePages(of: tensor, part)
    case .gguf(let file, let tensor):
      file.withBytes(of: tensor) { hash.update($0.extracting(part)) }
      file.releasePages(of: tensor, part)
    }
    return hash.finish()
  }
}

/// The SHA-256 of named tensors: of each one's name and, block by block, of the SHA-256 of its
/// bytes. So the blocks can be hashed in any order, on all cores.
struct BlockHash {
  private struct Block {
    let bytes: TensorBytes
    let range: Range<Int>
  }

  /// Large enough that a hash is all that a thread does, small enough for few mapped pages at a
  /// time.
  private static let blockBytes = 8 << 20

  private var blocks: [Block] = []
  /// The names, each with the number of blocks before it.
  private var names: [(name: String, firstBlock: Int)] = []

  /// Adds a tensor.
  mutating func add(_ name: String, _ bytes: TensorBytes) {
    names.append((name, blocks.count))
    for start in stride(from: 0, to: bytes.count, by: Self.blockBytes) {
      blocks.append(
        Block(bytes: bytes, range: start..<min(start + Self.blockBytes, bytes.count)))
    }
  }

  /// The SHA-256 of all, 64 hexadecimal digits.
  func digest() -> String {
    let digests = Mutex([[UInt8]](repeating: [], count: blocks.count))
    let blocks = blocks
    DispatchQueue.concurrentPerform(iterations: blocks.count) { index in
      let digest = blocks[index].bytes.digest(of: blocks[index].range)
      digests.withLock { $0[index] = digest }
    }
    let found = digests.withLock { $0 }
    var hash = SHA256()
    for (index, (name, first)) in names.enumerated() {
      hash.update(Array("\(name)\n".utf8).span)
      let end = index + 1 < names.count ? names[index + 1].firstBlock : found.count
      for digest in found[first..<end] { hash.update(digest.span) }
    }
    return SHA256.hexadecimal(hash.finish())
  }
}
