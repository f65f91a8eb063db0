import Foundation
import TestSupport
import Testing

@testable import CUDA
@testable import Compute

/// Compiled programs on disk.
@Suite(.serialized, .enabled(if: !CUDATestDevice.all.isEmpty, "needs clang or an NVIDIA GPU"))
struct ProgramStoreTests {
  private let source = Array("extern \"C\" __global__ void set(int *p) { p[0] = STEP; }".utf8)

  private func file(_ key: [[UInt8]], _ folder: TemporaryFolder) -> String {
    folder.url.appending(path: Fingerprint.text(of: key)).path
  }

  /// One file for each program in a folder, as the OpenCL programs are kept.
  private func store(_ folder: TemporaryFolder) -> ProgramStore {
    ProgramStore(
      load: { OwnFile.contents(of: file($0, folder)) },
      save: { OwnFile.replace(file($0, folder), with: $1) })
  }

  @Test(arguments: CUDATestDevice.all)
  func aStoredProgramIsLoadedAndABrokenOneCompiledAnew(device: CUDATestDevice) throws {
    let folder = try TemporaryFolder()
    let context = try device.open()
    func binary(_ options: [String], _ source: [UInt8]) throws -> [UInt8] {
      let program = try Program(
        context, source: source, name: "set.cu", options: options, store: store(folder))
      #expect(try Kernel(program, entry: "set").argumentCount == 1)
      return program.binary
    }
    let first = try binary(["-DSTEP=3"], source)
    let name = try #require(try folder.names().first)
    let path = folder.url.appending(path: name)
    #expect(try [UInt8](Data(contentsOf: path)) == first)
    let date = try FileManager.default.attributesOfItem(atPath: path.path)[.modificationDate]
    #expect(try binary(["-DSTEP=3"], source) == first)
    let later = try FileManager.default.attributesOfItem(atPath: path.path)[.modificationDate]
    #expect(date as? Date == later as? Date)

    // Other options and another source are other programs.
    _ = try binary(["-DSTEP=4"], source)
    _ = try binary(["-DSTEP=3"], source + Array("\n".utf8))
    #expect(try folder.names().count == 3)

    try Data("broken".utf8).write(to: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path.path)
    _ = try binary(["-DSTEP=3"], source)
    #expect(try Data(contentsOf: path) != Data("broken".utf8))
  }

  @Test(arguments: CUDATestDevice.all)
  func theKeyHoldsVersionAndArchitecture(device: CUDATestDevice) throws {
    let context = try device.open()
    let key = try Compiler(context).key(source: [1, 2], options: ["-DA=1", "-DB=2"])
    let version = try context.description.compiler.get()
    #expect(
      key.map { String(decoding: $0, as: UTF8.self) } == [
        "NVRTC \(version) sm_\(context.description.architecture)", "-DA=1", "-DB=2", "\u{1}\u{2}",
      ])
  }
}
