internal import OpenCL

/// The kernels, each declared once beside the operation that launches it.
enum Kernels {}

/// An entry of a kernel file and the types of its arguments, in the order of the kernel's
/// parameters.
struct KernelEntry<each Argument: KernelArgument>: Sendable {
  /// The compiled kernel.
  typealias Kernel = TypedKernel<repeat each Argument>

  let file: KernelFile
  /// The name of the function in the file.
  let name: String

  init(_ file: KernelFile, _ name: String) {
    self.file = file
    self.name = name
  }

  /// As above, with the argument types spelled out.
  init(_ file: KernelFile, _ name: String, as types: repeat (each Argument).Type) {
    self.init(file, name)
  }

  /// The argument types, to check the compiled kernel against.
  var arguments: [KernelArgumentType] {
    var types: [KernelArgumentType] = []
    for argument in repeat (each Argument).self { types.append(argument.type) }
    return types
  }
}

/// A compiled kernel whose argument types were checked when it was created.
struct TypedKernel<each Argument: KernelArgument> {
  private let kernel: GPUKernel
  private let engine: GPUEngine

  /// `kernel` was created with the argument types of this type.
  init(_ kernel: GPUKernel, on engine: GPUEngine) {
    self.kernel = kernel
    self.engine = engine
  }

  /// Enqueues the kernel over `groups` work-groups of `items` work-items each, per dimension.
  /// Nothing is enqueued if a dimension has no groups.
  func run(
    groups: [Int], items: [Int], _ arguments: repeat each Argument
  ) throws(ComputeError) {
    var launch = LaunchArguments(kernel)
    repeat try (each arguments).append(to: &launch)
    try engine.run(kernel, groups: groups, items: items)
  }

  /// As above, for a one-dimensional grid.
  func run(
    groups: Int, lanes: Int, _ arguments: repeat each Argument
  ) throws(ComputeError) {
    try run(groups: [groups], items: [lanes], repeat each arguments)
  }
}
