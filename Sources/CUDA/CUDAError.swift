import CCUDA

/// A failed call of the CUDA driver, of NVRTC or of cuBLASLt, or a library that is missing: the
/// call, its status and details.
package struct CUDAError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The C function, such as `cuLaunchKernel`; `dlopen` where a library could not be loaded.
  package let call: String
  /// The status it returned; -1 where a library could not be loaded.
  package let status: Int32
  /// The name that NVIDIA's headers give to the status.
  package let name: String
  /// Details: the kernel, the argument, what was expected, or the build log.
  package let detail: String

  package init(call: String, status: Int32, name: String, detail: String = "") {
    self.call = call
    self.status = status
    self.name = name
    self.detail = detail
  }

  package var description: String {
    let reason = "\(call): \(name)"
    return detail.isEmpty ? reason : "\(reason): \(detail)"
  }

  /// True if the device could not allocate the requested memory.
  package var isOutOfMemory: Bool {
    call.hasPrefix("cublas")
      ? status == CUBLAS_STATUS_ALLOC_FAILED : status == CUDA_ERROR_OUT_OF_MEMORY
  }

  /// A request that is refused before the driver sees it: the driver does not check it, or does not
  /// say what is wrong.
  static func invalid(_ call: String, _ detail: String) -> CUDAError {
    CUDAError(
      call: call, status: CUDA_ERROR_INVALID_VALUE, name: "CUDA_ERROR_INVALID_VALUE",
      detail: detail)
  }

  /// A call that succeeded without its result.
  static func noResult(_ call: String) -> CUDAError {
    CUDAError(call: call, status: CUDA_ERROR_UNKNOWN, name: "no result")
  }
}

extension CUDADriver {
  /// Throws if `status` is not `CUDA_SUCCESS`; `detail` is evaluated only then.
  func check(
    _ call: String, _ status: CUresult, _ detail: @autoclosure () -> String = ""
  ) throws(CUDAError) {
    if status == CUDA_SUCCESS { return }
    var text: UnsafePointer<CChar>?
    let isKnown = unsafe cuGetErrorName(status, &text) == CUDA_SUCCESS
    let name =
      if isKnown, let text = unsafe text { unsafe String(cString: text) } else {
        "status \(status)"
      }
    throw CUDAError(call: call, status: status, name: name, detail: detail())
  }
}

extension CUDACompiler {
  /// Throws if `status` is not `NVRTC_SUCCESS`; `detail` is evaluated only then.
  func check(
    _ call: String, _ status: nvrtcResult, _ detail: @autoclosure () -> String = ""
  ) throws(CUDAError) {
    if status == 0 { return }
    throw CUDAError(
      call: call, status: status, name: unsafe String(cString: nvrtcGetErrorString(status)),
      detail: detail())
  }
}

extension CUDAMatmul {
  /// Throws if `status` is not `CUBLAS_STATUS_SUCCESS`; `detail` is evaluated only then.
  func check(
    _ call: String, _ status: cublasStatus_t, _ detail: @autoclosure () -> String = ""
  ) throws(CUDAError) {
    if status == 0 { return }
    throw CUDAError(
      call: call, status: status, name: unsafe String(cString: cublasLtGetStatusName(status)),
      detail: detail())
  }
}
