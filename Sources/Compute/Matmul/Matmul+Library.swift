internal import CUDA

extension Device {
  /// GEMM by cuBLASLt. Returns false, and enqueues nothing, for weights that our tiles multiply and
  /// where the library has no algorithm.
  ///
  /// The pieces take 2 or 4 bytes an element of x while they are multiplied, and 4 bytes an element
  /// of the rows of W that are dequantised at once.
  func multiplyByLibrary(
    _ shape: MatmulShape, _ x: borrowing DeviceBuffer<Float>, _ weight: WeightSegment,
    addingTo residual: borrowing DeviceBuffer<Float>, _ y: inout DeviceBuffer<Float>,
    on gpu: GPUEngine
  ) throws(ComputeError) -> Bool {
    guard gpu.usesMatmulLibrary, case .cuda(let context, let library?) = gpu.runtime,
      let parts = LibraryMatmul(shape, weight, on: gpu)
    else { return false }
    let (element, input) = (parts.element, parts.input)
    var pieces = try scratch(
      of: UInt16.self, count: element == .f32 ? 0 : input.count * input.stride)
    var factors = try scratch(of: Float.self, count: element == .f16 ? 3 : 0)
    var weights = try scratch(of: UInt16.self, count: 2 * parts.weightStride)
    let memory = LibraryMatmul.Memory(
      input: element == .f32
        ? x.block.device.slice.slice(from: 4 * input.first) : pieces.block.device.slice,
      weight: weight.format.isBlocked
        ? weights.block.device.slice : weight.elements.block.device.slice,
      factors: element == .f16 ? factors.block.device.slice : nil,
      residual: residual.block.device.slice, output: y.block.device.slice)
    let chunks = parts.chunks.map { (rows: $0, matmuls: parts.matmuls($0, memory)) }
    let isSupported = try driver { () throws(CUDAError) in
      for chunk in chunks {
        for matmul in chunk.matmuls where try !library.supports(matmul.shape, matmul.operands) {
          return false
        }
      }
      return true
    }
    guard isSupported else { return false }
    switch element {
    case .bf16: try splitBF16(x, input, into: &pieces, on: gpu)
    case .f16: try splitF16(x, input, into: &pieces, factors: &factors, on: gpu)
    case .f32: break
    }
    for chunk in chunks {
      if weight.format.isBlocked {
        try dequantise(
          weight, rows: chunk.rows, stride: parts.weightStride, into: &weights, on: gpu)
      }
      for matmul in chunk.matmuls {
        try gpu.enqueue(shape.entry, on: context) { () throws(CUDAError) in
          try library.multiply(matmul.shape, matmul.operands)
        }
      }
    }
    return true
  }
}
