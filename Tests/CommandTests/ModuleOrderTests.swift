import Foundation
import Testing

/// Modules depend only on modules that Package.swift lists before them, and their sources import
/// only dependencies that it names.
@Suite struct ModuleOrderTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private struct Module {
    var name: String
    var folder: URL
    /// The modules of this package that it names.
    var dependencies: [String]
  }

  /// The modules of Package.swift, tests included, in their order.
  private static func modules() throws -> [Module] {
    let manifest = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
    var declarations: [[Substring]] = []
    for line in manifest.split(separator: "\n") {
      if line.firstMatch(of: /^    \.(systemLibrary|target|executableTarget|testTarget)\(/) != nil {
        declarations.append([line])
      } else if line.hasPrefix("     "), !declarations.isEmpty {
        declarations[declarations.count - 1].append(line)
      }
    }
    return try declarations.map { lines in
      let text = lines.joined().replacing(/\.product\([^)]*\)/, with: "")
      let name = String(try #require(text.firstMatch(of: /name: "([^"]+)"/)).output.1)
      let listed = text.firstMatch(of: /dependencies: \[([^\]]*)\]/)?.output.1 ?? ""
      let path = text.firstMatch(of: /path: "([^"]+)"/).map { String($0.output.1) }
      let usual = lines[0].contains("testTarget") ? "Tests/\(name)" : "Sources/\(name)"
      return Module(
        name: name, folder: root.appending(path: path ?? usual),
        dependencies: listed.matches(of: /"([^"]+)"/).map { String($0.output.1) })
    }
  }

  @Test func modulesDependOnThoseBeforeThem() throws {
    let modules = try Self.modules()
    #expect(modules.count > 25)
    for (index, module) in modules.enumerated() {
      let before = Set(modules[..<index].map(\.name))
      let upward = module.dependencies.filter { !before.contains($0) }
      #expect(upward.isEmpty, "\(module.name)")
    }
  }

  @Test func sourcesImportWhatTheirModuleNames() throws {
    let modules = try Self.modules()
    let names = Set(modules.map(\.name))
    for module in modules {
      let files = try #require(
        FileManager.default.enumerator(at: module.folder, includingPropertiesForKeys: nil))
      var imported: Set<String> = []
      for case let file as URL in files where file.pathExtension == "swift" {
        let source = try String(contentsOf: file, encoding: .utf8)
        let pattern =
          /(?m)^(?:@testable )?(?:package |internal |public )?import (?:struct |class |enum )?(\w[\w-]*)/
        imported.formUnion(source.matches(of: pattern).map { String($0.output.1) })
      }
      let own = imported.intersection(names).subtracting(module.dependencies)
      #expect(own.isEmpty, "\(module.name) imports what it does not name")
    }
  }

  /// C libraries are imported only by the runtimes that wrap them.
  @Test func runtimesAloneImportTheirLibraries() throws {
    let allowed = [
      "COpenCL": ["OpenCL"], "CCUDA": ["CUDA"], "CBLAS": ["Compute"], "CMPI": ["Ranks"],
    ]
    for module in try Self.modules() {
      for (library, wrappers) in allowed where module.dependencies.contains(library) {
        #expect(wrappers.contains(module.name), "\(module.name) reads \(library)")
      }
    }
  }
}
