import Foundation
import TestSupport
import Testing

@testable import CUDA

/// What is said where a library of NVIDIA is missing or does not fit, on the stand-in.
@Suite(
  .serialized, .enabled(if: CUDATestDevice.all.contains(.standIn), "needs clang for the stand-in"))
struct LibrariesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A search of the folder alone.
  private var search: LibrarySearch {
    LibrarySearch(folders: [folder.url.path], usesLoaderPath: false, usual: [])
  }

  /// Puts a library of the stand-in into the folder, at a path in it.
  private func install(_ name: String, at path: String? = nil) throws {
    let link = folder.url.appending(path: path ?? name)
    try FileManager.default.createDirectory(
      at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      at: link, withDestinationURL: try CUDAStandIn.folder.get().appending(path: name))
  }

  @Test func withoutADriverTheErrorSaysWhereItWasLookedFor() throws {
    let error = #expect(throws: CUDAError.self) { try Libraries(search) }
    let text = "\(try #require(error))"
    #expect(text.hasPrefix("dlopen: missing library: no libcuda.so.1 in \(folder.url.path); "))
    #expect(text.contains("install NVIDIA's driver 550 or later"))
  }

  @Test func aBrokenDriverIsNamedBeforeAMissingOne() throws {
    try folder.write("libcuda.so.1", "no library")
    let error = #expect(throws: CUDAError.self) { try Libraries(search) }
    #expect("\(try #require(error))".contains("\(folder.url.path)/libcuda.so.1: "))
    #expect("\(try #require(error))".contains("no libcuda.so.1 in") == false)
  }

  @Test func withoutNVRTCAndCuBLASLtTheDeviceIsDescribedWithAdvice() throws {
    try install("libcuda.so.1")
    let libraries = try Libraries(search)
    let device = try #require(try DeviceDescription.all(libraries).first)
    #expect(device.driver == Libraries.Version(13, 0))
    let compiler = #expect(throws: CUDAError.self) { try device.compiler.get() }
    #expect(compiler?.detail.contains("no libnvrtc.so.13 or libnvrtc.so.12 in") == true)
    #expect(compiler?.detail.contains("pip install nvidia-cuda-nvrtc") == true)
    #expect(compiler?.detail.contains("PITH_CUDA_LIBRARIES") == true)
    let matmul = #expect(throws: CUDAError.self) { try device.matmul.get() }
    #expect(matmul?.detail.contains("no libcublasLt.so.13 or libcublasLt.so.12 in") == true)
    #expect(matmul?.detail.contains("pip install nvidia-cublas") == true)

    let context = try Context(libraries, device: 0)
    let program = #expect(throws: CUDAError.self) {
      try Program(context, source: [], name: "empty", options: [])
    }
    #expect(program == compiler)
    let multiplication = #expect(throws: CUDAError.self) { _ = try Matmul(context) }
    #expect(multiplication == matmul)
  }

  @Test func librariesAreFoundInTheFoldersOfWheels() throws {
    try install("libcuda.so.1")
    try install("libnvrtc.so.13", at: "nvidia/cu13/lib/libnvrtc.so.13")
    try install("libcublasLt.so.13", at: "nvidia/cublas/lib/libcublasLt.so.12")
    let libraries = try Libraries(search)
    #expect(try libraries.compilerVersion.get() == Libraries.Version(13, 0))
    #expect(try libraries.matmulVersion.get() == Libraries.Version(13, 0, 2))
  }

  @Test func aLibraryWithoutAFunctionIsNamedWithIt() throws {
    let other = ["/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6"]
      .first(where: FileManager.default.fileExists)
    let library = URL(fileURLWithPath: try #require(other))
    try install("libcuda.so.1")
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "libnvrtc.so.13"), withDestinationURL: library)
    let error = #expect(throws: CUDAError.self) { try Libraries(search).compiler.get() }
    #expect(
      "\(try #require(error))".contains(
        "\(folder.url.path)/libnvrtc.so.13 has no nvrtcGetErrorString: it is older than CUDA 12.4"))
  }

  @Test func namedFoldersAreSearchedBeforeTheLoadersPath() {
    let search = LibrarySearch(environment: [LibrarySearch.variable: "/a:/b"])
    let candidates = search.candidates(for: ["x.so"])
    let named = candidates.prefix { $0 != "x.so" }
    #expect(named.first == "/a/x.so" && named.contains("/a/nvidia/cu13/lib/x.so"))
    #expect(named.contains("/b/nvidia/cublas/lib/x.so"))
    #expect(
      candidates[named.count...].starts(with: [
        "x.so", "/usr/local/cuda/lib64/x.so", "/usr/local/nvidia/lib64/x.so",
      ]))
    #expect(LibrarySearch(environment: [:]).candidates(for: ["x.so"]).first == "x.so")
  }
}
