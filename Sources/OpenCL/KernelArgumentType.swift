import COpenCL

/// The type of a kernel argument.
package enum KernelArgumentType: Sendable, Equatable, CustomStringConvertible {
  /// A pointer to global memory with elements of a type of OpenCL C; nil for any type.
  case buffer(elements: String?)
  /// A number, by the names that the source or the driver may give to its type, with the bytes that
  /// a launch passes.
  case scalar([String], byteCount: Int)

  /// Bytes of the argument; a buffer is passed as an address.
  package var byteCount: Int {
    switch self {
    case .buffer: 8
    case .scalar(_, let byteCount): byteCount
    }
  }

  package var description: String {
    switch self {
    case .buffer(let elements): "a buffer of \(elements ?? "any elements")"
    case .scalar(let names, let byteCount): "\(names[0]) of \(byteCount) bytes"
    }
  }
}

/// The element types of OpenCL C that buffers are compared by. Other names, such as those of
/// structures, say nothing about the elements.
private let elementNames: Set<String> = [
  "char", "uchar", "short", "ushort", "int", "uint", "long", "ulong", "half", "float", "double",
]

/// The parameters of a kernel as the driver describes them.
@unsafe struct KernelParameters {
  private let kernel: cl_kernel

  init(_ kernel: cl_kernel) { unsafe self.kernel = kernel }

  /// The first difference from the expected types; nil if there is none.
  ///
  /// A driver may not describe the parameters of a program that was loaded as a binary: then only
  /// their number and the sizes of numbers are checked.
  func mismatch(with expected: [KernelArgumentType]) throws(OpenCLError) -> String? {
    var count: cl_uint = 0
    try check(
      "clGetKernelInfo",
      unsafe clGetKernelInfo(
        kernel, cl_kernel_info(CL_KERNEL_NUM_ARGS), MemoryLayout<cl_uint>.size, &count, nil))
    guard Int(count) == expected.count else {
      return "\(count) parameters, \(expected.count) arguments expected"
    }
    for (index, type) in expected.enumerated() {
      if let found = try unsafe parameter(index, unlike: type) {
        return "parameter \(index) is \(found), expected \(type)"
      }
    }
    return nil
  }

  /// The declaration of a parameter if its type is not the expected one.
  private func parameter(
    _ index: Int, unlike type: KernelArgumentType
  ) throws(OpenCLError) -> String? {
    guard let found = try unsafe declaration(index) else {
      return try unsafe size(index, unlike: type)
    }
    let isBuffer = found.isGlobal && found.name.hasSuffix("*")
    switch type {
    case .buffer(let elements):
      guard isBuffer else { return found.name }
      let name = String(found.name.dropLast())
      guard let elements, elementNames.contains(name), name != elements else { return nil }
      return "a buffer of \(name)"
    case .scalar(let names, _):
      if isBuffer { return "a buffer of \(found.name.dropLast())" }
      return names.contains(found.name) ? nil : found.name
    }
  }

  /// A complaint if a number of another size is expected: the driver compares sizes when a number
  /// is bound.
  private func size(_ index: Int, unlike type: KernelArgumentType) throws(OpenCLError) -> String? {
    guard case .scalar(_, let byteCount) = type else { return nil }
    let zeros = [UInt8](repeating: 0, count: byteCount)
    let status = unsafe clSetKernelArg(kernel, cl_uint(index), byteCount, zeros)
    if status == CL_INVALID_ARG_SIZE { return "of another size" }
    try check("clSetKernelArg", status, "parameter \(index)")
    return nil
  }

  /// The name of a parameter's type without spaces, and whether it is in global memory; nil if the
  /// driver does not know.
  private func declaration(_ index: Int) throws(OpenCLError) -> (name: String, isGlobal: Bool)? {
    var address: cl_kernel_arg_address_qualifier = 0
    let status = unsafe clGetKernelArgInfo(
      kernel, cl_uint(index), cl_kernel_arg_info(CL_KERNEL_ARG_ADDRESS_QUALIFIER),
      MemoryLayout<cl_kernel_arg_address_qualifier>.size, &address, nil)
    if status == CL_KERNEL_ARG_INFO_NOT_AVAILABLE { return nil }
    try check("clGetKernelArgInfo", status, "parameter \(index)")
    let name = try unsafe readText("clGetKernelArgInfo") { size, value, used in
      unsafe clGetKernelArgInfo(
        kernel, cl_uint(index), cl_kernel_arg_info(CL_KERNEL_ARG_TYPE_NAME), size, value, used)
    }
    return (name.filter { $0 != " " }, address == CL_KERNEL_ARG_ADDRESS_GLOBAL)
  }
}
