/// A `-D` constant of a kernel's build.
struct KernelOption: Hashable, Sendable {
  let name: String
  let value: Int

  init(_ name: String, _ value: Int) {
    self.name = name
    self.value = value
  }

  var flag: String { "-D\(name)=\(value)" }

  /// Work-groups that cover `elements`, if this constant is the number of elements per work-group.
  func groups(for elements: Int) -> Int { (elements + value - 1) / value }
}

/// The work-items per work-group, with their `-D` constant.
struct Lanes {
  let count: Int
  var option: KernelOption { KernelOption("LANES", count) }

  /// Work-groups that cover `elements`, one per lane.
  func groups(for elements: Int) -> Int { option.groups(for: elements) }
}

extension GPUEngine {
  /// For rows of vocabulary length: one work-item with wide vectors per row on a device of CPU
  /// type, and on a GPU the largest work-group that every GPU supports.
  var vocabularyLanes: Lanes { Lanes(count: isCPUType ? 1 : 256) }

  /// Whether the work-items of a GPU load and store four floats at a time: 1 where rows of `width`
  /// floats have whole quads. Of several numbers of floats their bits together (`|`) have whole
  /// quads where all of them have.
  func quads(_ width: Int) -> KernelOption {
    KernelOption("QUADS", usesVectorLoads && !isCPUType && width % 4 == 0 ? 1 : 0)
  }
}
