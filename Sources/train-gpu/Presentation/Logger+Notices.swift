import Distillation
import Logging

extension Logger {
  /// Says what to know of the inputs.
  func show(_ notice: InputNotice) {
    log(level: notice.isInformation ? .info : .warning, "\(notice)")
  }
}
