import Compute
import Distillation
import Logging

extension Logger {
  /// Logs a notice with the options that avoid its cause.
  func show(_ notice: InputNotice) {
    log(level: notice.isInformation ? .info : .warning, "\(notice)\(notice.advice)")
  }

  /// Names the adapters that were made for another model.
  ///
  /// - Parameters:
  ///   - indices: which of the adapters these are.
  ///   - adapters: all of them, as the user named them.
  ///   - model: the model that is used, as the user named it.
  func show(foreign indices: [Int], of adapters: [String], than model: String) {
    for index in indices { show(.otherModel(adapter: adapters[index], model: model)) }
  }
}

extension InputNotice {
  /// The options that avoid the cause; empty where there are none.
  fileprivate var advice: String {
    switch self {
    case .fewHeldOut: "; --validation names more"
    case .fewJudged: "; more in --inputs say more"
    case .threads(let recorded, _): "; --threads \(recorded) keeps them"
    case .otherLoRA(_, let trained, _):
      trained.isEmpty
        ? "" : "; \(trained.map { "--lora \($0)" }.joined(separator: " ")) adds what it had"
    case .instructions(let recorded, _):
      CPUVariant.supported.map(\.rawValue).contains(recorded)
        ? "; \(CPUVariant.variable)=\(recorded) keeps them" : ""
    default: ""
    }
  }
}

extension DeviceTuning {
  /// Why a file, or a part of it, is not used, with what avoids that.
  var advice: String? { warning.map { "\($0); train-gpu tune makes a new one" } }
}
