extension Device {
  /// Calls `body` once for each index below `count` on threads of the host: those of the CPU path,
  /// or one per core on other devices.
  ///
  /// - Throws: `.threads` if there cannot be so many.
  func forEachOnHost(_ count: Int, _ body: (Int) -> Void) throws(ComputeError) {
    switch engine {
    case .cpu(let cpu): cpu.forEach(count, body)
    case .gpu: try CPUEngine(threads: nil).forEach(count, body)
    }
  }
}
