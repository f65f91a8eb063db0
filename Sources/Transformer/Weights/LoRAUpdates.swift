internal import Compute
internal import HuggingFace

/// The updates of LoRA adapters, which are added to a model's matrices at load.
struct LoRAUpdates {
  private let adapters: [LoRAAdapter]
  private let added: Modules

  /// Shared by copies of this value: the modules of each adapter whose update a matrix took.
  private final class Modules {
    var names: [Set<String>]

    init(count: Int) { names = Array(repeating: [], count: count) }
  }

  init(_ adapters: [LoRAAdapter]) {
    self.adapters = adapters
    added = Modules(count: adapters.count)
  }

  /// Whether there is an update of a module that has one of these names.
  func concern(_ names: [String]) -> Bool {
    adapters.contains { adapter in names.contains(where: adapter.modules.contains) }
  }

  /// Adds the updates of a module that has one of these names to its matrix.
  ///
  /// - Parameters:
  ///   - values: W, [rows, columns], row-major.
  ///   - rows: its outputs.
  ///   - columns: its inputs.
  ///   - names: the names that the module may have.
  func add(
    to values: inout [Float], rows: Int, columns: Int, of names: [String]
  ) throws(TransformerError) {
    for (index, adapter) in adapters.enumerated() {
      guard let module = names.first(where: adapter.modules.contains) else { continue }
      let update: LoRAAdapter.Update
      do {
        update = try adapter.update(of: module, outputs: rows, inputs: columns)
      } catch { throw .adapter(error) }
      LowRankUpdate.add(
        to: &values, update.left, update.right, rank: update.rank, rows: rows,
        factor: update.factor)
      added.names[index].insert(module)
    }
  }

  /// Throws where an update was added to no matrix: the model would not be the one that was meant.
  func checkUsed() throws(TransformerError) {
    for (adapter, used) in zip(adapters, added.names) {
      if let module = adapter.modules.subtracting(used).min() {
        throw .adapter(adapter.unused(module))
      }
    }
  }
}
