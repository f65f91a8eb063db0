/// The operands of a matrix multiplication in device memory.
package struct MatmulOperands {
  /// [T, K] or backward [T, N]; rows may be further apart.
  package var x: MemorySlice
  /// [N, K].
  package var weight: MemorySlice
  /// [N] of f32, if the shape has a bias.
  package var bias: MemorySlice?
  /// As y, if the shape has an addend; it may be y itself.
  package var addend: MemorySlice?
  /// If the shape is scaled: the factor of x W, then 0 and 1, one of which is the factor of
  /// the addend. The library reads both factors in one kind of memory.
  package var factors: MemorySlice?
  /// [T, N] or backward [T, K] of f32, written; rows may be further apart.
  package var y: MemorySlice

  package init(
    x: MemorySlice, weight: MemorySlice, bias: MemorySlice? = nil, addend: MemorySlice? = nil,
    factors: MemorySlice? = nil, y: MemorySlice
  ) {
    self.x = x
    self.weight = weight
    self.bias = bias
    self.addend = addend
    self.factors = factors
    self.y = y
  }

  /// Throws if an operand that the shape has is missing or too short.
  func check(_ shape: MatmulShape) throws(CUDAError) {
    func check(_ name: String, _ slice: MemorySlice?, _ count: Int, _ size: Int) throws(CUDAError) {
      guard let slice, slice.byteCount >= count * size else {
        let found = slice.map { "of \($0.byteCount) bytes" } ?? "missing"
        throw .invalid(
          "cublasLtMatmul", "\(shape.text): \(name) \(found), expected \(count * size) bytes")
      }
    }
    func elements(_ width: Int, _ stride: Int) -> Int {
      shape.rows == 0 ? 0 : (shape.rows - 1) * stride + width
    }
    let output = elements(shape.width, shape.outputStride)
    try check("x", x, elements(shape.inner, shape.inputStride), shape.element.size)
    try check("weight", weight, shape.outputs * shape.inputs, shape.element.size)
    try check("y", y, output, 4)
    if shape.hasBias { try check("bias", bias, shape.outputs, 4) }
    if shape.hasAddend { try check("addend", addend, output, 4) }
    if shape.isScaled { try check("factors", factors, 3, 4) }
  }
}
