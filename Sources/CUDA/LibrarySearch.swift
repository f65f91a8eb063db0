import CCUDA

/// Where the libraries of NVIDIA are looked for, in order: the folders of `PITH_CUDA_LIBRARIES`,
/// the loader's path, and the folders where NVIDIA's packages and container runtimes put them.
package struct LibrarySearch: Sendable {
  /// The variable that names folders, separated by colons. A folder may be `site-packages`, into
  /// which PyPI's wheels install: their layouts are searched too.
  package static let variable = "PITH_CUDA_LIBRARIES"

  private let named: [String]
  private let usual: [String]
  private let usesLoaderPath: Bool

  /// A search that follows the variables of an environment.
  package init(environment: [String: String]) {
    self.init(
      folders: (environment[Self.variable] ?? "").split(separator: ":").map(String.init))
  }

  /// A search of these folders, then of the loader's path and of `usual` folders.
  package init(
    folders: [String], usesLoaderPath: Bool = true,
    usual: [String] = [
      "/usr/local/cuda/lib64", "/usr/local/nvidia/lib64", "/usr/lib/wsl/lib",
      "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
    ]
  ) {
    named = folders
    self.usual = usual
    self.usesLoaderPath = usesLoaderPath
  }

  /// The folders inside a named folder: itself, a toolkit's, and those of PyPI's wheels for CUDA 13
  /// and for CUDA 12.
  private static let layouts = [
    "", "/lib64", "/lib", "/nvidia/cu13/lib", "/cu13/lib", "/nvidia/cuda_nvrtc/lib",
    "/cuda_nvrtc/lib", "/nvidia/cublas/lib", "/cublas/lib",
  ]

  /// Everything that is tried for a library, in order.
  func candidates(for names: [String]) -> [String] {
    let before = named.flatMap { folder in Self.layouts.map { folder + $0 } }
    func paths(_ folders: [String]) -> [String] {
      folders.flatMap { folder in names.map { "\(folder)/\($0)" } }
    }
    return paths(before) + (usesLoaderPath ? names : []) + paths(usual)
  }

  /// Opens the first library that loads.
  ///
  /// The error names a library that is there and does not load before one that is not there.
  func open(_ names: [String], advice: String) throws(CUDAError) -> OpenLibrary {
    var broken: String?
    for candidate in candidates(for: names) {
      var reason = [CChar](repeating: 0, count: 1024)
      if let handle = unsafe cuda_open(candidate, &reason, reason.count) {
        return unsafe OpenLibrary(name: candidate, handle: handle)
      }
      let text = String(terminated: reason)
      let isAbsent =
        text == "\(candidate): cannot open shared object file: No such file or directory"
      if broken == nil && !isAbsent { broken = text }
    }
    let places = named + (usesLoaderPath ? ["the loader's path"] : []) + usual
    throw .missing(
      broken ?? "no \(names.joined(separator: " or ")) in \(places.joined(separator: ", "))",
      advice)
  }
}

/// A shared library that was opened. It stays loaded as long as the process.
@safe struct OpenLibrary {
  /// The path or name that opened it.
  let name: String
  let handle: UnsafeMutableRawPointer

  /// The folder that it was loaded from, with a slash at its end; empty where it is unknown.
  func folder(of function: String) -> String {
    var path = [CChar](repeating: 0, count: 4096)
    unsafe cuda_library_path(handle, function, &path, path.count)
    let text = String(terminated: path)
    return text.lastIndex(of: "/").map { String(text[...$0]) } ?? ""
  }
}

extension String {
  /// The characters before the first zero of a C function's text buffer.
  init(terminated text: [CChar]) {
    self.init(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

extension CUDAError {
  /// A library, or a function of it, that could not be loaded, with the way to get it.
  static func missing(_ what: String, _ advice: String) -> CUDAError {
    CUDAError(call: "dlopen", status: -1, name: "missing library", detail: "\(what); \(advice)")
  }
}
