extension [Double] {
  /// The mean of divergences of which these are sums, in nats a token; 0 or more.
  ///
  /// Each row's is the difference of log-sum-exp, entropy and a dot product in f32. Where both
  /// models predict the same, what is left is their rounding, of about 1e-6 and of either sign. The
  /// mean is held to 0 and not the rows: theirs cancel, and rows held to 0 would have a mean above
  /// what they measure.
  ///
  /// - Parameter tokens: response tokens of all.
  func meanDivergence(tokens: Double) -> Double { (reduce(0, +) / tokens).withoutRounding }
}

extension Double {
  /// A mean that is 0 or more, without a rounding error below 0. A mean further below 0, and one
  /// that is not finite, is an error and stays as it is.
  var withoutRounding: Double { self < 0 && self > -Self.mostRounding ? 0 : self }

  /// 1e-3: log-sum-exps of 1,000 in f32 differ by 6e-5 from one number to the next.
  private static let mostRounding = 1e-3
}
