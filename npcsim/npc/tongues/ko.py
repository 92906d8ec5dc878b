"""Korean. Options and feelings are whole predicates ("빵을 굽는다", "배가 고프다")."""

from __future__ import annotations

from npcsim.npc.tongues.tongue import Listing, Tongue

KOREAN = Tongue(
    day=("밤", "이른 아침", "아침", "한낮", "오후", "저녁", "밤"),
    time="지금은 {day:이다}.",
    at="{me:은} {place}에 있다.",
    has="{me:은} {things:을} 가지고 있다.",
    near_one="{who:이} 가까이에 있다.",
    near_many="{who:이} 가까이에 있다.",
    felt="{me:은} {feelings}.",
    names=Listing(", ", "{first:과} {second}"),
    feelings=Listing(". ", "{first}. {second}"),
    hurt="다쳤다",
    badly_hurt="크게 다쳤다",
    wants="{me:이} 바라는 것: {goal}.",
    decides="그래서 {me:은}",
    neutral="그래서 누군가는",
    carry_on="하던 일을 계속한다: {goal}",
    answer_as="당신은 {me}입니다. {persona} 짧은 한 문장으로 대답하세요.",
    openings=(
        "안녕하세요! 잘 지내세요?",
        "반가워요! 오늘 {day:은} 어떻게 보내고 있어요?",
        "만나서 반가워요. 오늘은 뭘 하세요?",
    ),
    after_done="당신은 '{goal}', 이것을 바랐고 이제 이루었습니다. 기분이 어떤가요?",
    after_failure="당신은 '{goal}', 이것을 바랐지만 안 됐어요: {reason}. 대신 뭘 할 건가요?",
    assistant=("죄송합니다", "죄송하지만", "언어 모델", "인공지능", "AI", ":"),
    small_talk=(
        "안녕하세요.",
        "오늘 하루 어떻게 보내고 계세요?",
        "나들이하기 참 좋은 날이지요?",
    ),
    news=("소식 들었어요? {topic}.", "할 말이 있어요. {topic}.", "이건 알아 두세요. {topic}."),
    said_to_me='{who:이} 나에게 말했다: "{words}"',
    overheard='{who:이} 하는 말을 들었다: "{words}"',
    said='{who:이} 말했다: "{words}"',
    offers="{who:이} 제안한다: {what}.",
    attacks="{who:이} 누군가를 공격하는 것을 보았다",
    shouts='{who:이} "{words}" 하고 외쳤다',
    someone='{who}에게서 "{what}" 하는 소리가 났다',
    sound="소리를 들었다: {what}",
    in_state="{me:은} 이제 {state} 상태이다.",
    not_worked="잘되지 않았다: {reason}",
    managed="해냈다: {goal}",
    failed="해내지 못했다: {goal}. {reason}",
    on_day="{first}일째: {gist}",
    on_days="{first}일째부터 {last}일째까지: {gist}",
    counted="{text} ({count}번)",
    more="그 밖에 {count}가지",
)
