import CArithmetic

extension Device {
  /// Whether `multiplyFewRows` is the faster variant.
  func hasFewRows(_ product: Product) -> Bool {
    unsafe !product.backward && product.pairs == nil && product.rows <= Int(PRODUCT_FEW_ROWS)
      && product.inner >= Int(PRODUCT_FEW_ROWS_INNER)
  }

  /// Forward GEMM with few rows, if the processor supports our tiles: columns of y divided over the
  /// threads.
  func multiplyFewRows(_ product: Product, on cpu: CPUEngine) {
    let (rows, width, inner) = unsafe (product.rows, product.width, product.inner)
    // As for tiles: waking a thread costs as much as some hundred thousand weights.
    let isSmall = width * inner * (rows + 16) < 1 << 21
    unsafe withUnsafePointer(to: product) { product in
      if isSmall {
        unsafe product_few_rows(product, 0, width)
        return
      }
      cpu.forEachPart(of: width, grain: 128) { columns in
        unsafe product_few_rows(product, columns.lowerBound, columns.upperBound)
      }
    }
  }
}
