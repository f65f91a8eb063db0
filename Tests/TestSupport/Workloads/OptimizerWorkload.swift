/// Sizes, inputs and Double references of gradientNorm, adamW and sgd, for their tests and
/// benchmarks.
package struct OptimizerWorkload {
  package let count: Int
  package let parameters: [Float]
  /// One gradient a step; elements differ by orders of magnitude.
  package let gradients: [[Float]]
  package let gradientScale: Float = 0.375

  package init(count: Int, steps: Int, using generator: inout SeededGenerator) {
    self.count = count
    parameters = generator.floats(count)
    gradients = (0..<steps).map { _ in
      generator.floats(count).enumerated().map { $0 % 7 == 0 ? $1 * 100 : $1 * 0.01 }
    }
  }

  /// Bytes that must move in gradientNorm: the gradient is read.
  package var normBytes: Int { count * 4 }
  /// Bytes that must move in a step of AdamW: four operands are read, three are written.
  package var adamWBytes: Int { 7 * count * 4 }
  /// Bytes that must move in a step of SGD: three operands are read, two are written.
  package var sgdBytes: Int { 5 * count * 4 }

  package func norm() -> Double {
    gradients[0].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  /// Parameters after every step of torch.optim.AdamW's algorithm, in Double.
  package func adamW(
    learningRate: Double, betas: (first: Double, second: Double), epsilon: Double,
    weightDecay: Double
  ) -> [Double] {
    var parameters = parameters.map(Double.init)
    var first = [Double](repeating: 0, count: count)
    var second = first
    var (firstPower, secondPower) = (1.0, 1.0)
    for gradient in gradients {
      firstPower *= betas.first
      secondPower *= betas.second
      for i in 0..<count {
        let g = Double(gradient[i]) * Double(gradientScale)
        parameters[i] -= learningRate * weightDecay * parameters[i]
        first[i] = betas.first * first[i] + (1 - betas.first) * g
        second[i] = betas.second * second[i] + (1 - betas.second) * g * g
        let root = (second[i] / (1 - secondPower)).squareRoot()
        parameters[i] -= learningRate * (first[i] / (1 - firstPower)) / (root + epsilon)
      }
    }
    return parameters
  }

  /// Parameters after every step of torch.optim.SGD's algorithm, in Double.
  package func sgd(learningRate: Double, momentum: Double, weightDecay: Double) -> [Double] {
    var parameters = parameters.map(Double.init)
    var velocity = [Double](repeating: 0, count: count)
    for gradient in gradients {
      for i in 0..<count {
        let g = Double(gradient[i]) * Double(gradientScale) + weightDecay * parameters[i]
        velocity[i] = momentum * velocity[i] + g
        parameters[i] -= learningRate * velocity[i]
      }
    }
    return parameters
  }
}
