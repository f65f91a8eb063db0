import CArithmetic

extension Device {
  /// Whether `multiplyFewRows` is the faster variant.
  func hasFewRows(_ matmul: Matmul) -> Bool {
    unsafe !matmul.backward && matmul.pairs == nil && matmul.rows <= Int(MATMUL_FEW_ROWS)
      && matmul.inner >= Int(MATMUL_FEW_ROWS_INNER)
  }

  /// Forward GEMM with few rows, if the processor supports our tiles: columns of y divided over the
  /// threads.
  func multiplyFewRows(_ matmul: Matmul, on cpu: CPUEngine) throws(ComputeError) {
    let (rows, width, inner) = unsafe (matmul.rows, matmul.width, matmul.inner)
    // As for tiles: waking a thread costs as much as some hundred thousand weights.
    let isSmall = width * inner * (rows + 16) < 1 << 21
    let panelBytes = Int(MATMUL_PANEL_BYTES)
    var scratch = try self.scratch(of: UInt8.self, count: panelBytes * cpu.threads)
    let panels = unsafe scratch.mutableHost
    unsafe withUnsafePointer(to: matmul) { matmul in
      if isSmall {
        unsafe matmul_few_rows(matmul, 0, width, panels)
        return
      }
      cpu.forEachPart(of: width, grain: 128) { columns in
        unsafe matmul_few_rows(
          matmul, columns.lowerBound, columns.upperBound, panels + CPUEngine.worker * panelBytes)
      }
    }
  }
}
