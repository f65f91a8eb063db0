import Distillation

extension RunRounding {
  /// What is rounded and what that changes, a line each.
  var lines: [String] {
    var lines: [String] = []
    if let weights {
      lines.append(
        """
        weights are quantised: the model's logits change by up to \(Format.scientific(weights)) of the \
        largest
        """)
    }
    if let activations {
      lines.append(
        """
        activations are rounded to bf16 in training steps: the model's logits change by up to \
        \(Format.scientific(activations)) of the largest
        """)
    }
    return lines
  }
}
