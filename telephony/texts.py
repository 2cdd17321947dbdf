"""Sentences that the telephone itself says; what a menu says stands in its diagram. Two languages each."""

WAIT = {"zh": "请稍候，正在为您转接人工座席。", "en": "Please hold, we are connecting you."}
PLACE = {
    "zh": "您前面还有{before}位，请继续等待。",
    "en": "There are {before} callers before you. Please continue to hold.",
}
NEXT = {"zh": "您是下一位，请继续等待。", "en": "You are next. Please continue to hold."}
CALLBACK = {"zh": "按1，我们稍后给您回电。", "en": "Press 1 and we will call you back."}
CALLBACK_NOTED = {"zh": "已登记，我们会尽快给您回电，再见。", "en": "We will call you back as soon as we can. Goodbye."}
WORK_NO = {"zh": "工号{work_no}为您服务。", "en": "You are speaking with agent {work_no}."}
BUSY = {"zh": "座席全忙，请留言。", "en": "All seats are busy. Please leave a message."}
LETTER_BOX = {
    "zh": "现在无人值守，请在提示音后留言，留言结束请按井号键。",
    "en": "Nobody is here at the moment. Please leave a message after the tone and press the hash key.",
}
NOT_CLEAR = {"zh": "您的选择无效。", "en": "That is not a valid choice."}
ALL = (WAIT, NEXT, CALLBACK, CALLBACK_NOTED, BUSY, LETTER_BOX, NOT_CLEAR)
"""Those without gaps: spoken once when the telephone is set up."""


def in_language(words: dict[str, str], language: str, **gaps: object) -> str:
    key = "zh" if language.startswith("zh") else "en"
    return words[key].format(**{name: _said(value, key) for name, value in gaps.items()})


def _said(value: object, language: str) -> object:
    """A number's digits one by one, as they are read on the telephone."""
    text = str(value)
    if isinstance(value, str) and text.isdigit():
        return (" " if language == "en" else "，").join(text)
    return value
