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
    moods=("속이 상했다", "풀이 죽었다", "신이 났다", "마음이 편하다", "신경이 곤두섰다"),
    ties={
        "trust": ("{me:은} {who:을} 믿는다.", "{me:은} {who:을} 믿지 않는다."),
        "fear": ("{me:은} {who:을} 무서워한다.", ""),
        "likes": ("{me:은} {who:을} 좋아한다.", "{me:은} {who:을} 싫어한다."),
        "owes": ("{me:은} {who}에게 신세를 졌다.", ""),
    },
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
    plans_as="당신은 {me}입니다. {persona} 하루 계획을 JSON으로 씁니다.",
    plans_hours=(
        "{told} 지금은 {clock}입니다. 오늘 하려는 것: {day}. 지금부터의 시간을 쓰세요. 시간마다 "
        "짧은 목표와 단계를, 단계마다 도구와 그 대상을 쓰세요. 도구: {tools}. 장소: {places}."
    ),
    plans_anew="그사이 생긴 일: {changed}.",
    after_done="당신은 '{goal}', 이것을 바랐고 이제 이루었습니다. 기분이 어떤가요?",
    after_failure="당신은 '{goal}', 이것을 바랐지만 안 됐어요: {reason}. 대신 뭘 할 건가요?",
    assistant=("죄송합니다", "죄송하지만", "언어 모델", "인공지능", "AI", ":"),
    small_talk=(
        "안녕하세요.",
        "오늘 하루 어떻게 보내고 계세요?",
        "나들이하기 참 좋은 날이지요?",
    ),
    said_to_me='{who:이} 나에게 말했다: "{words}"',
    overheard='{who:이} 하는 말을 들었다: "{words}"',
    said='{who:이} 말했다: "{words}"',
    offers="{who:이} 제안한다: {what}.",
    attacks="{who:이} 누군가를 공격하는 것을 보았다",
    shouts='{who:이} "{words}" 하고 외쳤다',
    someone='{who}에게서 "{what}" 하는 소리가 났다',
    sound="소리를 들었다: {what}",
    be_at="{place}에 머무른다",
    be_home="집에 머무른다",
    arrives="{who:이} 왔다.",
    was_hurt="{me:이} 방금 다쳤다.",
    in_state="{me:은} 이제 {state} 상태이다.",
    not_worked="잘되지 않았다: {reason}",
    managed="해냈다: {goal}",
    failed="해내지 못했다: {goal}. {reason}",
    rates="당신은 일어난 일이 {me}에게 얼마나 중요한지 판단합니다. {persona}",
    rate="이 기억 {count}개를 각각 1(바닥을 쓰는 것처럼 일상적인 일)부터 "
    "10(가족의 죽음처럼 삶을 바꾸는 일)까지 평가하세요. 순서대로 점수만 답하세요.",
    sum_up="이 모든 일에서 무엇을 기억하는지 짧은 문장 한두 개로 말하세요. "
    "아무것도 덧붙이지 마세요:",
    on_day="{first}일째: {gist}",
    on_days="{first}일째부터 {last}일째까지: {gist}",
    counted="{text} ({count}번)",
    more="그 밖에 {count}가지",
    there=" ({place}에서)",
    learn_failing="이렇게 해서는 안 된다는 것을 배운다: {goal}{there}",
    learn_working="이렇게 하면 된다는 것을 배운다: {goal}{there}",
    learn_nothing="별일 아니라고 여긴다",
    often_failed="{tried}번 중 {count}번 실패했다: {goal}{there}",
    often_worked="{tried}번 중 {count}번 성공했다: {goal}{there}",
    learnt="{me:이} 배운 것: {goal}{there}, {how}.",
    how_often=("늘 실패했다", "대개 실패했다", "대개 성공했다", "늘 성공했다"),
)
