import CUDA
import Foundation
import TestSupport
import Testing
import Weights

@testable import Compute

extension DeviceTests {
  /// The algorithms of cuBLASLt, which are kept beside the tuning.
  @Suite(.enabled(if: TestDevice.all.contains(.cuda), "needs clang or an NVIDIA GPU"))
  struct MatmulAlgorithmFileTests {
    private let folder: TemporaryFolder
    private let store: TuningStore

    init() throws {
      folder = try TemporaryFolder()
      store = TuningStore(folder: folder.url.appending(path: "tuning"))
    }

    private func open(_ store: TuningStore) throws -> Device {
      try TestDevice.openCUDA(tunings: store)
    }

    private func algorithms(_ device: Device) throws -> [MatmulKey: MatmulAlgorithm] {
      guard case .gpu(let gpu) = device.engine, case .cuda(_, let library?) = gpu.runtime else {
        throw CancellationError()
      }
      return library.algorithms
    }

    /// A multiplication with bf16 weights, which is two of the library.
    private func multiply(_ device: Device, rows: Int = 7) throws -> [Float] {
      var generator = SeededGenerator(seed: 12)
      let work = MatmulWorkload(
        rows: rows, outputs: 40, inputs: 96, precision: .bf16, using: &generator)
      let weight = try work.matrix(on: device, hasBias: true)
      var y = try device.buffer(of: Float.self, count: rows * 40)
      try device.matmul(try device.buffer(work.x), weight, rows: rows, into: &y)
      return try device.download(y)
    }

    /// The file, once there is one.
    private func file() throws -> URL {
      let folder = folder.url.appending(path: "tuning")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(names.count == 1)
      let name = try #require(names.first)
      #expect(name.contains("-cuBLASLt_1") && name.hasSuffix(".jsonl"))
      return folder.appending(path: name)
    }

    private func lines(_ file: URL) throws -> [String] {
      try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test func laterDevicesMultiplyWithTheSameAlgorithms() throws {
      let first = try open(store)
      let result = try multiply(first)
      let file = try file()
      let stored = try lines(file)
      #expect(stored.count == 2)
      let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
      #expect(attributes[.posixPermissions] as? Int == 0o600)

      let second = try open(store)
      #expect(second.tuning.refusedAlgorithms == nil && second.tuning.warning == nil)
      #expect(try algorithms(second) == algorithms(first))
      #expect(try multiply(second) == result)
      #expect(try lines(file) == stored, "nothing was chosen")
      _ = try multiply(second, rows: 9)
      #expect(try lines(file).count == 4)
      #expect(try algorithms(try open(store)).count == 4)
    }

    /// Segments of a matrix have rows with gaps.
    @Test func stridesAreKept() throws {
      func multiply(_ device: Device) throws -> [Float] {
        var generator = SeededGenerator(seed: 13)
        let parts = [(WeightFormat.q80, 70), (.f32, 30)].map {
          MatmulWorkload(
            rows: 5, outputs: $0.1, inputs: 64, precision: $0.0, using: &generator)
        }
        let weight = try WeightMatrix(
          device, columns: 64, precision: nil, pieces: parts.map { $0.piece() })
        var y = try device.buffer(of: Float.self, count: 500)
        try device.matmul(try device.buffer(parts[0].x), weight, rows: 5, into: &y)
        return try device.download(y)
      }
      let first = try open(store)
      let result = try multiply(first)
      let file = try file()
      let stored = try lines(file)
      #expect(try algorithms(first).keys.map(\.shape.outputStride) == [100])
      let second = try open(store)
      #expect(second.tuning.refusedAlgorithms == nil)
      #expect(try algorithms(second) == algorithms(first))
      #expect(try multiply(second) == result)
      #expect(try lines(file) == stored)
      for stride in ["29", "9000000000000000000"] {
        let text = stored[0].replacingOccurrences(
          of: #""output_stride":100"#, with: #""output_stride":\#(stride)"#)
        #expect(text != stored[0])
        try Data((text + "\n").utf8).write(to: file)
        #expect(try open(store).tuning.refusedAlgorithms != nil && lines(file).isEmpty)
      }
    }

    @Test func withoutAStoreNothingIsKept() throws {
      let device = try open(.none)
      _ = try multiply(device)
      #expect(try algorithms(device).count == 2)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    }

    /// What is no entry, and what the library refuses, is dropped and said once.
    @Test(
      .enabled(if: CUDATestDevice.preferred == .standIn, "needs the stand-in, which tells apart"))
    func whatTheLibraryRefusesIsDroppedAndSaidOnce() throws {
      let first = try open(store)
      let result = try multiply(first)
      _ = try multiply(first, rows: 9)
      let file = try file()
      let stored = try lines(file)
      // The algorithm of another shape, what no library made, impossible shapes, and half a line.
      let foreign = stored[1].replacingOccurrences(of: #""rows":7"#, with: #""rows":8"#)
      #expect(foreign != stored[1])
      let invalid = [
        foreign, "not JSON", #"{"rows":7}"#,
        stored[1].replacingOccurrences(of: #""rows":7"#, with: #""rows":-7"#),
        stored[1].replacingOccurrences(of: #""inputs":96"#, with: #""inputs":9000000000000000000"#),
        stored[1].replacingOccurrences(of: #""element":"bf16""#, with: #""element":"bf17""#),
        stored[0].replacingOccurrences(of: #""backward":false"#, with: #""backward":true"#),
        stored[1].replacingOccurrences(of: "256", with: "3"),
        stored[1].replacingOccurrences(of: #""algorithm":[""#, with: #""algorithm":["x"#),
        stored[1].replacingOccurrences(of: #""algorithm":[""#, with: #""algorithm":["1",""#),
      ]
      #expect(Set(invalid + stored).count == invalid.count + stored.count)
      let text = (stored + invalid).joined(separator: "\n") + "\n" + stored[2].prefix(60)
      let handle = try FileHandle(forWritingTo: file)
      try handle.write(contentsOf: Data(text.utf8))
      try handle.close()

      let second = try open(store)
      #expect(
        second.tuning.refusedAlgorithms
          == "\(file.path): dropped 10 lines that cannot be read, and 1 algorithm of matrix "
          + "multiplications that cuBLASLt does not take: chosen anew")
      #expect(try algorithms(second) == algorithms(first))
      #expect(try lines(file) == stored)
      #expect(try multiply(second) == result)
      #expect(try open(store).tuning.refusedAlgorithms == nil)

      try Data((stored + ["not JSON"]).map { "\($0)\n" }.joined().utf8).write(to: file)
      #expect(
        try open(store).tuning.refusedAlgorithms
          == "\(file.path): dropped 1 line that cannot be read")
    }

    /// Each rank of a host appends what it chose, and lengths of texts vary.
    @Test func aLongFileIsShortened() throws {
      let first = try open(store)
      _ = try multiply(first)
      let file = try file()
      let stored = try lines(file)
      let count = CUDA.Matmul.largestMemory / 2 + 1
      let text = String(repeating: stored.joined(separator: "\n") + "\n", count: count)
      let handle = try FileHandle(forWritingTo: file)
      try handle.write(contentsOf: Data(text.utf8))
      try handle.close()
      let second = try open(store)
      #expect(second.tuning.refusedAlgorithms == nil)
      #expect(try algorithms(second) == algorithms(first))
      #expect(try lines(file) == stored)
    }

    /// A library runs what the file holds: nobody else may have written it.
    @Test func aFileThatOthersMayWriteIsNotTaken() throws {
      _ = try multiply(try open(store))
      let file = try file()
      let stored = try lines(file)
      try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: file.path)
      let device = try open(store)
      #expect(try algorithms(device).isEmpty)
      _ = try multiply(device)
      #expect(try lines(file) == stored)
    }
  }
}
