import Foundation
import TestSupport
import Testing

@testable import Safetensors

@Suite("SafetensorsFile")
struct SafetensorsFileTests {
  /// The folder of the file.
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Opens a file of these bytes and says how it is refused, after its path.
  func refusal(_ bytes: [UInt8]) throws -> String {
    let file = try folder.write("model.safetensors", bytes)
    do {
      _ = try SafetensorsFile(contentsOf: file)
    } catch {
      let prefix = "\(file.path): "
      #expect(error.description.hasPrefix(prefix))
      #expect(!error.description.contains("\n"))
      return String(error.description.dropFirst(prefix.count))
    }
    return "opened"
  }

  @Test("a pipe in the file's place is refused, and not waited for")
  func pipe() throws {
    let url = folder.url.appending(path: "model.safetensors")
    try #require(unsafe mkfifo(url.path, 0o600) == 0)
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(contentsOf: url) }
    #expect(error?.problem == .notAFile(.pipe))
    #expect(
      error?.description
        == "\(url.path): expected a file, found a pipe, which can be read only once; save it as a file"
    )
  }

  @Test("bytes can be read again after their pages were given back")
  func releasedPages() throws {
    let url = folder.url.appending(path: "large.safetensors")
    let values = (0..<50_000).map(Float.init)
    try SafetensorsWriter.write(
      [("before", [3], [1, 2, 3]), ("large", [50_000], values), ("small", [1], [7])],
      metadata: [:], to: url)
    let file = try SafetensorsFile(contentsOf: url)
    for name in ["large", "small", "absent"] {
      #expect(try file.floats(of: "large") == values)
      file.releasePages(of: name)
    }
    #expect(try file.floats(of: "large") == values)
    #expect(try file.floats(of: "before") == [1, 2, 3])
  }

  @Test("a file that is missing, a folder, and a file too short for a header")
  func noFile() throws {
    let missing = folder.url.appending(path: "absent.safetensors")
    #expect(throws: SafetensorsError.self) { try SafetensorsFile(contentsOf: missing) }
    do {
      _ = try SafetensorsFile(contentsOf: missing)
    } catch {
      #expect(
        error.description == "\(missing.path): cannot open the file: No such file or directory")
    }
    do {
      _ = try SafetensorsFile(contentsOf: folder.url)
      Issue.record("a folder was opened")
    } catch {
      #expect(error.problem == .notAFile(.folder))
    }
    #expect(try refusal([]) == "expected a safetensors file, found an empty file; fetch it again")
    #expect(
      try refusal(Array("version https://git-lfs.github.com/spec/v1\nsize 1\n".utf8))
        == "expected a safetensors file, found a Git LFS pointer; \"git lfs pull\" in its folder "
        + "fetches the file that it stands for")
    #expect(
      try refusal(Array("<html><body>".utf8)).hasPrefix(
        "expected a safetensors file, found an HTML"))
    #expect(
      try refusal([2, 0, 0]) == "expected at least 8 bytes of header length, found 3 bytes in all")
  }

  @Test("tensors, scalars, empty tensors, metadata and a padded header")
  func contents() throws {
    let header = #"""
      {"__metadata__":{"format":"pt"},"s":{"dtype":"BF16","shape":[],"data_offsets":[0,2]},
      "e":{"dtype":"F32","shape":[0,7],"data_offsets":[2,2],"later":1},
      "m":{"dtype":"U16","shape":[2,1],"data_offsets":[2,6]}}
      """#
    let url = try folder.write("m.safetensors", safetensors(header + "     ", dataLength: 6))
    let file = try SafetensorsFile(contentsOf: url)
    #expect(file.metadata == ["format": "pt"])
    #expect(file.tensors.keys.sorted() == ["e", "m", "s"])
    #expect(try file.tensor(named: "s").elementCount == 1)
    #expect(try file.tensor(named: "e").elementCount == 0)
    #expect(try file.floats(of: "e") == [])
    #expect(try file.integers(of: "m", shape: [2, 1]) == [0x0302, 0x0504])
    let bytes = file.withBytes(of: try file.tensor(named: "m")) { span in
      (0..<span.byteCount).map { unsafe span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }
    #expect(bytes == [2, 3, 4, 5])
    #expect(try unsafe Array(file.bytes(of: "m")) == [2, 3, 4, 5])
  }

  @Test("a tensor that is missing, has another shape or another type")
  func wrongTensor() throws {
    let header = #"{"w":{"dtype":"I32","shape":[1,2],"data_offsets":[0,8]}}"#
    let url = try folder.write("m.safetensors", safetensors(header, dataLength: 8))
    let file = try SafetensorsFile(contentsOf: url)
    let failures: [(String, () throws -> Void)] = [
      ("\(url.path): expected a tensor x, found none", { _ = try file.floats(of: "x") }),
      (
        "w in \(url.path): expected shape [2, 1], found [1, 2]",
        { _ = try file.floats(of: "w", shape: [2, 1]) }
      ),
      (
        "w in \(url.path): expected F16, BF16, F32 or F64, found I32",
        { _ = try file.floats(of: "w") }
      ),
    ]
    for (message, call) in failures {
      #expect {
        try call()
      } throws: { error in
        #expect("\(error)" == message)
        return true
      }
    }
  }

  @Test("a file that is cut while it is mapped is refused before its bytes are read")
  func cutWhileMapped() throws {
    let header = #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
    let bytes = safetensors(header, dataLength: 8)
    let url = try folder.write("m.safetensors", bytes)
    let file = try SafetensorsFile(contentsOf: url)
    let handle = try FileHandle(forWritingTo: url)
    try handle.truncate(atOffset: UInt64(bytes.count - 1))
    try handle.close()
    #expect {
      try file.floats(of: "w")
    } throws: { error in
      (error as? SafetensorsError)?.problem
        == .shrunk(expected: bytes.count, found: bytes.count - 1)
    }
  }

  @Test("a file that another one replaces stays as it was opened")
  func replacedWhileMapped() throws {
    let url = folder.url.appending(path: "m.safetensors")
    try SafetensorsWriter.write([("w", [1], [1])], to: url)
    let file = try SafetensorsFile(contentsOf: url)
    try SafetensorsWriter.write([("w", [1], [2])], to: url)
    #expect(try file.floats(of: "w") == [1])
    #expect(try SafetensorsFile(contentsOf: url).floats(of: "w") == [2])
  }

  @Test(
    "files of the Python library",
    .enabled(if: SharedReference.isPresent, SharedReference.reason),
    arguments: ["f32", "f16"])
  func reference(precision: String) throws {
    let folder = try SharedReference.url("golden/llama-gqa-untied")
    let file = try SafetensorsFile(
      contentsOf: folder.appending(path: "\(precision)/model.safetensors"))
    #expect(file.metadata == ["format": "pt"])
    #expect(file.tensors.count == 30)
    let name = "model.layers.0.mlp.up_proj.weight"
    let weight = try file.floats(of: name, shape: [112, 64])
    try file.checkFinite(name)
    let reference = try SafetensorsFile(
      contentsOf: folder.appending(path: "f32/model.safetensors")
    ).floats(of: name)
    let rounding: Float = precision == "f16" ? 0x1p-11 : 0
    for (value, exact) in zip(weight, reference) {
      // Half a unit in the last of eleven bits, or of the smallest subnormal.
      #expect(abs(value - exact) <= max(rounding * abs(exact), rounding == 0 ? 0 : 0x1p-25))
    }
  }
}
