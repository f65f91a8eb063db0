import CCUDA

/// The driver, and where they are installed NVRTC and cuBLASLt, each as a table of functions.
package struct Libraries {
  let driver: CUDADriver
  let compiler: Result<CUDACompiler, CUDAError>
  let matmul: Result<CUDAMatmul, CUDAError>
  /// The latest CUDA version that the driver supports, such as 13.0.
  package let driverVersion: Version
  /// NVRTC's version, or why it is not there and how to get it.
  package let compilerVersion: Result<Version, CUDAError>
  /// cuBLASLt's version, or why it is not there and how to get it.
  package let matmulVersion: Result<Version, CUDAError>

  /// A version as NVIDIA counts them.
  package struct Version: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int
    package let patch: Int

    package init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
      (self.major, self.minor, self.patch) = (major, minor, patch)
    }

    package var description: String { "\(major).\(minor)" + (patch == 0 ? "" : ".\(patch)") }

    package static func < (one: Version, other: Version) -> Bool {
      (one.major, one.minor, one.patch) < (other.major, other.minor, other.patch)
    }
  }

  /// How to get a driver; it is part of the message where there is none.
  static let driverAdvice =
    "install NVIDIA's driver 550 or later (Debian: nvidia-driver; containers: NVIDIA Container "
    + "Toolkit)"
  private static let oldest = Version(12, 4)

  /// Loads the libraries and initialises the driver. Throws if there is no driver that responds.
  package init(_ search: LibrarySearch) throws(CUDAError) {
    let advice = Self.driverAdvice
    let library = try search.open(["libcuda.so.1"], advice: advice)
    let driver = try unsafe Self.table(of: CUDADriver.self, library, advice, cuda_find_driver)
    try driver.check("cuInit", driver.cuInit(0))
    var number: CInt = 0
    try driver.check("cuDriverGetVersion", unsafe driver.cuDriverGetVersion(&number))
    let version = Version(Int(number) / 1000, Int(number) % 1000 / 10)
    self.driver = driver
    driverVersion = version
    compiler = Self.result { () throws(CUDAError) in try Self.compiler(search, for: version) }
    matmul = Self.result { () throws(CUDAError) in try Self.matmul(search, for: version) }
    compilerVersion = compiler.flatMap { compiler in
      Self.result { () throws(CUDAError) in
        var (major, minor): (CInt, CInt) = (0, 0)
        try compiler.check("nvrtcVersion", unsafe compiler.nvrtcVersion(&major, &minor))
        return Version(Int(major), Int(minor))
      }
    }
    matmulVersion = matmul.map { matmul in
      let number = matmul.cublasLtGetVersion()
      return Version(number / 10000, number % 10000 / 100, number % 100)
    }
  }

  /// File names of a library for this driver: a library for a later CUDA than the driver's would
  /// load, and make binaries that the driver rejects.
  private static func names(_ library: String, for driver: Version) -> [String] {
    (12...max(12, driver.major)).reversed().map { "lib\(library).so.\($0)" }
  }

  private static func compiler(
    _ search: LibrarySearch, for driver: Version
  ) throws(CUDAError) -> CUDACompiler {
    let advice =
      "to get it: pip install nvidia-cuda-nvrtc and name its site-packages in "
      + "\(LibrarySearch.variable), or install NVIDIA's package cuda-nvrtc or Debian's "
      + "nvidia-cuda-toolkit"
    let library = try search.open(names("nvrtc", for: driver), advice: advice)
    let compiler = try unsafe Self.table(of: CUDACompiler.self, library, advice, cuda_find_compiler)
    // NVRTC opens its built-in headers by a bare file name, which the loader does not find in a
    // folder that is not on its path: it is opened by its full path first. Where it is not beside
    // NVRTC, the first compilation fails and says so.
    var (major, minor): (CInt, CInt) = (0, 0)
    try compiler.check("nvrtcVersion", unsafe compiler.nvrtcVersion(&major, &minor))
    let builtins =
      "\(library.folder(of: "nvrtcVersion"))libnvrtc-builtins.so.\(major).\(minor)"
    var reason = [CChar](repeating: 0, count: 1024)
    _ = unsafe cuda_open(builtins, &reason, reason.count)
    return compiler
  }

  private static func matmul(
    _ search: LibrarySearch, for driver: Version
  ) throws(CUDAError) -> CUDAMatmul {
    let advice =
      "to get it: pip install nvidia-cublas and name its site-packages in "
      + "\(LibrarySearch.variable), or install NVIDIA's package libcublas or Debian's "
      + "nvidia-cuda-toolkit"
    let library = try search.open(names("cublasLt", for: driver), advice: advice)
    return try unsafe Self.table(of: CUDAMatmul.self, library, advice, cuda_find_matmul)
  }

  /// The functions of a library; `find` fills their table, or names the first that is missing.
  private static func table<Table>(
    of type: Table.Type, _ library: OpenLibrary, _ advice: String,
    _ find: (UnsafeMutableRawPointer, UnsafeMutablePointer<Table>) -> UnsafePointer<CChar>?
  ) throws(CUDAError) -> Table {
    let table = UnsafeMutablePointer<Table>.allocate(capacity: 1)
    defer { unsafe table.deallocate() }
    if let missing = unsafe find(library.handle, table) {
      let name = unsafe String(cString: missing)
      throw .missing(
        "\(library.name) has no \(name): it is older than CUDA \(oldest)", advice)
    }
    return unsafe table.pointee
  }

  private static func result<Value>(
    _ body: () throws(CUDAError) -> Value
  ) -> Result<Value, CUDAError> {
    do throws(CUDAError) { return .success(try body()) } catch { return .failure(error) }
  }
}
