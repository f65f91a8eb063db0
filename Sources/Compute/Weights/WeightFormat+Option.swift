import Weights

extension WeightFormat {
  /// Its `-D` constant.
  var option: KernelOption { KernelOption("ELEMENT", Int(code)) }

  /// Alignment of elements that are read in place on the CPU path, in bytes; blocks may have any.
  var alignment: Int { isBlocked ? 1 : blockBytes }

  /// Blocks and bytes of a matrix.
  func shape(rows: Int, columns: Int) -> Shape {
    Shape(rows, columns / blockElements, blockBytes)
  }
}
