import COpenCL

/// A failed OpenCL call: the call, its status and details.
package struct OpenCLError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The C function, such as `clBuildProgram`.
  package let call: String
  /// The status it returned.
  package let status: Int32
  /// Details: the kernel, the argument, the requested size, or the build log.
  package let detail: String

  package init(call: String, status: Int32, detail: String = "") {
    self.call = call
    self.status = status
    self.detail = detail
  }

  package var description: String {
    let reason = "\(call): \(Self.name(of: status))"
    return detail.isEmpty ? reason : "\(reason): \(detail)"
  }

  /// True if the device could not allocate the requested memory.
  package var isOutOfMemory: Bool {
    [
      CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_OUT_OF_RESOURCES, CL_OUT_OF_HOST_MEMORY,
      CL_INVALID_BUFFER_SIZE,
    ]
    .contains(status)
  }

  /// The name that the OpenCL headers give to a status.
  static func name(of status: Int32) -> String {
    names[status] ?? "status \(status)"
  }

  private static let names: [Int32: String] = [
    -1001: "CL_PLATFORM_NOT_FOUND_KHR",
    CL_DEVICE_NOT_FOUND: "CL_DEVICE_NOT_FOUND",
    CL_DEVICE_NOT_AVAILABLE: "CL_DEVICE_NOT_AVAILABLE",
    CL_COMPILER_NOT_AVAILABLE: "CL_COMPILER_NOT_AVAILABLE",
    CL_MEM_OBJECT_ALLOCATION_FAILURE: "CL_MEM_OBJECT_ALLOCATION_FAILURE",
    CL_OUT_OF_RESOURCES: "CL_OUT_OF_RESOURCES",
    CL_OUT_OF_HOST_MEMORY: "CL_OUT_OF_HOST_MEMORY",
    CL_PROFILING_INFO_NOT_AVAILABLE: "CL_PROFILING_INFO_NOT_AVAILABLE",
    CL_MEM_COPY_OVERLAP: "CL_MEM_COPY_OVERLAP",
    CL_BUILD_PROGRAM_FAILURE: "CL_BUILD_PROGRAM_FAILURE",
    CL_MISALIGNED_SUB_BUFFER_OFFSET: "CL_MISALIGNED_SUB_BUFFER_OFFSET",
    CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST: "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
    CL_KERNEL_ARG_INFO_NOT_AVAILABLE: "CL_KERNEL_ARG_INFO_NOT_AVAILABLE",
    CL_INVALID_VALUE: "CL_INVALID_VALUE",
    CL_INVALID_PLATFORM: "CL_INVALID_PLATFORM",
    CL_INVALID_DEVICE: "CL_INVALID_DEVICE",
    CL_INVALID_CONTEXT: "CL_INVALID_CONTEXT",
    CL_INVALID_QUEUE_PROPERTIES: "CL_INVALID_QUEUE_PROPERTIES",
    CL_INVALID_COMMAND_QUEUE: "CL_INVALID_COMMAND_QUEUE",
    CL_INVALID_MEM_OBJECT: "CL_INVALID_MEM_OBJECT",
    CL_INVALID_BINARY: "CL_INVALID_BINARY",
    CL_INVALID_BUILD_OPTIONS: "CL_INVALID_BUILD_OPTIONS",
    CL_INVALID_PROGRAM: "CL_INVALID_PROGRAM",
    CL_INVALID_PROGRAM_EXECUTABLE: "CL_INVALID_PROGRAM_EXECUTABLE",
    CL_INVALID_KERNEL_NAME: "CL_INVALID_KERNEL_NAME",
    CL_INVALID_KERNEL: "CL_INVALID_KERNEL",
    CL_INVALID_ARG_INDEX: "CL_INVALID_ARG_INDEX",
    CL_INVALID_ARG_VALUE: "CL_INVALID_ARG_VALUE",
    CL_INVALID_ARG_SIZE: "CL_INVALID_ARG_SIZE",
    CL_INVALID_KERNEL_ARGS: "CL_INVALID_KERNEL_ARGS",
    CL_INVALID_WORK_DIMENSION: "CL_INVALID_WORK_DIMENSION",
    CL_INVALID_WORK_GROUP_SIZE: "CL_INVALID_WORK_GROUP_SIZE",
    CL_INVALID_WORK_ITEM_SIZE: "CL_INVALID_WORK_ITEM_SIZE",
    CL_INVALID_GLOBAL_OFFSET: "CL_INVALID_GLOBAL_OFFSET",
    CL_INVALID_EVENT: "CL_INVALID_EVENT",
    CL_INVALID_BUFFER_SIZE: "CL_INVALID_BUFFER_SIZE",
    CL_INVALID_GLOBAL_WORK_SIZE: "CL_INVALID_GLOBAL_WORK_SIZE",
  ]
}

/// Throws if `status` is not `CL_SUCCESS`; `detail` is evaluated only then.
@inline(__always)
func check(
  _ call: String, _ status: Int32, _ detail: @autoclosure () -> String = ""
) throws(OpenCLError) {
  if status != CL_SUCCESS {
    throw OpenCLError(call: call, status: status, detail: detail())
  }
}
