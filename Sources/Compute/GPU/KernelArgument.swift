internal import OpenCL

/// A value that a launch passes to a kernel.
protocol KernelArgument {
  /// Its type in the source of the kernel.
  static var type: KernelArgumentType { get }
  /// Appends the value to the arguments of a launch.
  func append(to launch: inout LaunchArguments) throws(ComputeError)
}

/// A buffer that a launch passes to a kernel. An optional one is a null pointer where the launch
/// does not access the buffer.
protocol BufferArgument: KernelArgument {}

/// A buffer that the kernel reads.
struct Read<Element: BitwiseCopyable>: BufferArgument {
  fileprivate let block: MemoryBlock

  static var type: KernelArgumentType { .buffer(elements: ElementName.of(Element.self)) }

  func append(to launch: inout LaunchArguments) throws(ComputeError) {
    try launch.append(block.device)
  }
}

/// A buffer that the kernel writes or updates.
struct Write<Element: BitwiseCopyable>: BufferArgument {
  fileprivate let block: MemoryBlock

  static var type: KernelArgumentType { .buffer(elements: ElementName.of(Element.self)) }

  func append(to launch: inout LaunchArguments) throws(ComputeError) {
    try launch.append(block.device)
  }
}

extension DeviceBuffer {
  /// This buffer as an operand that a kernel reads.
  var read: Read<Element> { Read(block: block) }

  /// This buffer as an operand that a kernel writes or updates: needs exclusive access to it.
  var write: Write<Element> { mutating get { Write(block: block) } }
}

extension Optional: KernelArgument where Wrapped: BufferArgument {
  static var type: KernelArgumentType { Wrapped.type }

  func append(to launch: inout LaunchArguments) throws(ComputeError) {
    if let self { try self.append(to: &launch) } else { try launch.appendNull() }
  }
}

/// An `int` of the kernel.
extension Int: KernelArgument {
  static var type: KernelArgumentType { .scalar(["int"], byteCount: 4) }

  func append(to launch: inout LaunchArguments) throws(ComputeError) {
    try launch.append(launch.int(self))
  }
}

/// An `OFFSET` of the kernel: an element count that may exceed 2^31.
struct Offset: KernelArgument {
  private let value: Int

  init(_ value: Int) { self.value = value }

  static var type: KernelArgumentType { .scalar(["OFFSET", "long"], byteCount: 8) }

  func append(to launch: inout LaunchArguments) throws(ComputeError) {
    try launch.append(Int64(value))
  }
}

extension Float: KernelArgument {
  static var type: KernelArgumentType { .scalar(["float"], byteCount: 4) }

  func append(to launch: inout LaunchArguments) throws(ComputeError) { try launch.append(self) }
}

/// The names of element types in the source of kernels.
private enum ElementName {
  /// Nil for records and for weights, which the source names by itself.
  static func of<Element: BitwiseCopyable>(_ type: Element.Type) -> String? {
    switch type {
    case is Float.Type: "float"
    case is Int32.Type: "int"
    case is UInt16.Type: "ushort"
    default: nil
    }
  }
}

/// The arguments of one launch, in the order of the kernel's parameters.
struct LaunchArguments {
  private let kernel: GPUKernel
  private var count = 0

  init(_ kernel: GPUKernel) { self.kernel = kernel }

  /// A number as an `int`. Throws `.countTooLarge` if it does not fit: a truncated count would be
  /// wrong.
  func int(_ value: Int) throws(ComputeError) -> Int32 {
    guard let number = Int32(exactly: value) else {
      throw .countTooLarge(kernel: kernel.name, argument: count, found: value)
    }
    return number
  }

  mutating func append(_ memory: DeviceMemory) throws(ComputeError) {
    try kernel.bind(memory, at: count)
    count += 1
  }

  mutating func appendNull() throws(ComputeError) {
    try kernel.bindNothing(at: count)
    count += 1
  }

  mutating func append<Value: BitwiseCopyable>(_ value: Value) throws(ComputeError) {
    try kernel.bind(value, at: count)
    count += 1
  }
}
