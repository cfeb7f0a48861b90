"""A shop's intents, written for the tests: enough to learn from in a second."""

EXAMPLES = {
    "order_status": "我的订单到哪了|查一下订单状态|订单发货了没有|看看快递到哪里了|物流没更新|几时能送到",
    "refund": "我要退款|申请退钱|钱什么时候退给我|退款怎么还没到账|东西不想要了想退|能不能退货退款",
    "invoice": "我要开发票|发票怎么开|可以开增值税发票吗|电子发票发到我邮箱|发票抬头写错了|补开一张发票",
    "address": "我想改收货地址|地址填错了怎么改|换个地址送货|能改送到公司吗|收货人电话写错了|修改配送地址",
    "human": "转人工|我要找人工客服|叫你们客服来|不想跟机器人说话|接人工服务|有没有真人",
    "account": "忘记密码了|登录不上账号|怎么修改手机号绑定|账号被锁定了|验证码收不到|怎么注销账户",
}
PAIRS = [(text, intent) for intent, texts in EXAMPLES.items() for text in texts.split("|")]
UNSEEN = {
    "订单现在什么状态": "order_status",
    "快递走到哪了呀": "order_status",
    "麻烦给我退款": "refund",
    "怎么开发票啊": "invoice",
    "我要改一下地址": "address",
    "人工客服在吗": "human",
    "密码忘了登录不了": "account",
}
FOREIGN = ("今晚的月亮真圆啊", "给我讲讲恐龙", "what a wonderful world", "嗯嗯", "1+1=?")
