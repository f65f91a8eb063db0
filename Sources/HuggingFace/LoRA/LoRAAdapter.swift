import Files
import Foundation
import JSON
import Safetensors

/// A LoRA adapter in PEFT's two files (Hu et al. 2021, arXiv:2106.09685): for some of a model's
/// matrices W [outputs, inputs] an update s B A, with A [r, inputs] and B [outputs, r].
package struct LoRAAdapter: Sendable {
  /// The factors of one module's update.
  package struct Update: Sendable {
    /// r.
    package let rank: Int
    /// s.
    package let factor: Float
    /// B, [outputs, r].
    package let left: [Float]
    /// A, [r, inputs].
    package let right: [Float]
  }

  /// The folder.
  package let url: URL
  /// The names of the updated modules, as the model's class has them.
  package let modules: Set<String>
  private let configuration: JSONNode
  private let settings: LoRASettings
  private let file: SafetensorsFile

  private static let prefix = "base_model.model."
  private static let rightSuffix = ".lora_A.weight"
  private static let leftSuffix = ".lora_B.weight"

  /// Reads the settings and the names of the tensors; a tensor is read when it is needed.
  ///
  /// - Throws: where the folder is not that of a LoRA adapter, is damaged, or of a variant that is
  ///   no update of matrices alone.
  package init(folder url: URL) throws(LoRAError) {
    self.url = url
    guard FileManager.default.isFolder(url) else { throw .missing(folder: url.path) }
    do {
      configuration = try JSONNode(contentsOf: url.appending(path: "adapter_config.json"))
      settings = try LoRASettings(configuration)
    } catch { throw .configuration(error) }
    do {
      file = try SafetensorsFile(contentsOf: url.appending(path: "adapter_model.safetensors"))
    } catch { throw .tensors(error) }
    var modules: Set<String> = []
    for name in file.tensors.keys.sorted() {
      guard name.hasPrefix(Self.prefix),
        let suffix = [Self.rightSuffix, Self.leftSuffix].first(where: name.hasSuffix)
      else { throw .otherTensor(file: file.path, name: name) }
      modules.insert(String(name.dropFirst(Self.prefix.count).dropLast(suffix.count)))
    }
    guard !modules.isEmpty else { throw .noUpdates(file: file.path) }
    self.modules = modules
  }

  /// The update of a module.
  ///
  /// - Parameters:
  ///   - module: one of ``modules``.
  ///   - outputs: rows of W.
  ///   - inputs: columns of W.
  /// - Throws: where a factor is missing, of another shape or rank, or holds NaN or infinity.
  package func update(
    of module: String, outputs: Int, inputs: Int
  ) throws(LoRAError) -> Update {
    let (left, right) = (
      Self.prefix + module + Self.leftSuffix, Self.prefix + module + Self.rightSuffix
    )
    let rank = settings.rank(of: module)
    do {
      for name in [left, right] { try file.checkFinite(name) }
      return Update(
        rank: rank, factor: settings.factor(of: module, rank: max(rank, 1)),
        left: try file.floats(of: left, shape: [outputs, rank]),
        right: try file.floats(of: right, shape: [rank, inputs]))
    } catch { throw .tensors(error) }
  }

  /// Lines on modules that the settings name and that have no update: PEFT ignores modules that a
  /// model lacks, so a wrong name would go unnoticed.
  package var notices: [String] {
    let names = settings.targets.filter { target in
      !modules.contains { LoRASettings.isTarget(target, $0) }
    }
    guard !names.isEmpty else { return [] }
    return [
      "\(configuration.file): target_modules: \(names.joined(separator: ", ")) "
        + "\(names.count == 1 ? "has" : "have") no update in \(file.path)"
    ]
  }

  /// The error of an update that no matrix of the model takes.
  package func unused(_ module: String) -> LoRAError {
    .otherModule(file: file.path, name: module)
  }

  /// Adds the factors with all their numbers.
  func add(to hash: inout BlockHash) {
    for (name, tensor) in file.tensors.sorted(by: { $0.key < $1.key }) {
      hash.add("\(name) \(tensor.elementType) \(tensor.shape)", .safetensors(file, tensor))
    }
  }

  /// Adds what tells adapters apart to a model's fingerprint: the settings, and of every tensor
  /// name, type, shape and the first 256 bytes.
  func update(_ hash: inout SHA256) {
    let layout = JSON.Layout(elementSeparator: ",", keySeparator: ":", sortsKeys: true)
    hash.update(Array("\nLoRA \(configuration.json.text(layout))".utf8).span)
    for (name, tensor) in file.tensors.sorted(by: { $0.key < $1.key }) {
      hash.update(Array("\n\(name) \(tensor.elementType) \(tensor.shape)\n".utf8).span)
      hash.update(file.leadingBytes(of: tensor, count: 256).span)
    }
  }
}
