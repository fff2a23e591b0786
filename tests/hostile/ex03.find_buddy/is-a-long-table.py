# expect: not yet|error
# %%
@check("ex03.find_buddy")
def __find_buddy_index(page_idx, order):
    if page_idx == 0:
        return 1
    elif page_idx == 1:
        return 0
    elif page_idx == 2:
        return 3
    elif page_idx == 3:
        return 2
    elif page_idx == 4:
        return 5
    elif page_idx == 5:
        return 4
    elif page_idx == 6:
        return 7
    elif page_idx == 7:
        return 6
    elif page_idx == 8:
        return 9
    elif page_idx == 9:
        return 8
    elif page_idx == 10:
        return 11
    elif page_idx == 11:
        return 10
    elif page_idx == 12:
        return 13
    elif page_idx == 13:
        return 12
    elif page_idx == 14:
        return 15
    elif page_idx == 15:
        return 14
    elif page_idx == 16:
        return 17
    elif page_idx == 17:
        return 16
    elif page_idx == 18:
        return 19
    elif page_idx == 19:
        return 18
    elif page_idx == 20:
        return 21
    elif page_idx == 21:
        return 20
    elif page_idx == 22:
        return 23
    elif page_idx == 23:
        return 22
    elif page_idx == 24:
        return 25
    elif page_idx == 25:
        return 24
    elif page_idx == 26:
        return 27
    elif page_idx == 27:
        return 26
    elif page_idx == 28:
        return 29
    elif page_idx == 29:
        return 28
    elif page_idx == 30:
        return 31
    elif page_idx == 31:
        return 30
    elif page_idx == 32:
        return 33
    elif page_idx == 33:
        return 32
    elif page_idx == 34:
        return 35
    elif page_idx == 35:
        return 34
    elif page_idx == 36:
        return 37
    elif page_idx == 37:
        return 36
    elif page_idx == 38:
        return 39
    elif page_idx == 39:
        return 38
    elif page_idx == 40:
        return 41
    elif page_idx == 41:
        return 40
    elif page_idx == 42:
        return 43
    elif page_idx == 43:
        return 42
    elif page_idx == 44:
        return 45
    elif page_idx == 45:
        return 44
    elif page_idx == 46:
        return 47
    elif page_idx == 47:
        return 46
    elif page_idx == 48:
        return 49
    elif page_idx == 49:
        return 48
    elif page_idx == 50:
        return 51
    elif page_idx == 51:
        return 50
    elif page_idx == 52:
        return 53
    elif page_idx == 53:
        return 52
    elif page_idx == 54:
        return 55
    elif page_idx == 55:
        return 54
    elif page_idx == 56:
        return 57
    elif page_idx == 57:
        return 56
    elif page_idx == 58:
        return 59
    elif page_idx == 59:
        return 58
    elif page_idx == 60:
        return 61
    elif page_idx == 61:
        return 60
    elif page_idx == 62:
        return 63
    elif page_idx == 63:
        return 62
    elif page_idx == 64:
        return 65
    elif page_idx == 65:
        return 64
    elif page_idx == 66:
        return 67
    elif page_idx == 67:
        return 66
    elif page_idx == 68:
        return 69
    elif page_idx == 69:
        return 68
    elif page_idx == 70:
        return 71
    elif page_idx == 71:
        return 70
    elif page_idx == 72:
        return 73
    elif page_idx == 73:
        return 72
    elif page_idx == 74:
        return 75
    elif page_idx == 75:
        return 74
    elif page_idx == 76:
        return 77
    elif page_idx == 77:
        return 76
    elif page_idx == 78:
        return 79
    elif page_idx == 79:
        return 78
    elif page_idx == 80:
        return 81
    elif page_idx == 81:
        return 80
    elif page_idx == 82:
        return 83
    elif page_idx == 83:
        return 82
    elif page_idx == 84:
        return 85
    elif page_idx == 85:
        return 84
    elif page_idx == 86:
        return 87
    elif page_idx == 87:
        return 86
    elif page_idx == 88:
        return 89
    elif page_idx == 89:
        return 88
    elif page_idx == 90:
        return 91
    elif page_idx == 91:
        return 90
    elif page_idx == 92:
        return 93
    elif page_idx == 93:
        return 92
    elif page_idx == 94:
        return 95
    elif page_idx == 95:
        return 94
    elif page_idx == 96:
        return 97
    elif page_idx == 97:
        return 96
    elif page_idx == 98:
        return 99
    elif page_idx == 99:
        return 98
    elif page_idx == 100:
        return 101
    elif page_idx == 101:
        return 100
    elif page_idx == 102:
        return 103
    elif page_idx == 103:
        return 102
    elif page_idx == 104:
        return 105
    elif page_idx == 105:
        return 104
    elif page_idx == 106:
        return 107
    elif page_idx == 107:
        return 106
    elif page_idx == 108:
        return 109
    elif page_idx == 109:
        return 108
    elif page_idx == 110:
        return 111
    elif page_idx == 111:
        return 110
    elif page_idx == 112:
        return 113
    elif page_idx == 113:
        return 112
    elif page_idx == 114:
        return 115
    elif page_idx == 115:
        return 114
    elif page_idx == 116:
        return 117
    elif page_idx == 117:
        return 116
    elif page_idx == 118:
        return 119
    elif page_idx == 119:
        return 118
    elif page_idx == 120:
        return 121
    elif page_idx == 121:
        return 120
    elif page_idx == 122:
        return 123
    elif page_idx == 123:
        return 122
    elif page_idx == 124:
        return 125
    elif page_idx == 125:
        return 124
    elif page_idx == 126:
        return 127
    elif page_idx == 127:
        return 126
    elif page_idx == 128:
        return 129
    elif page_idx == 129:
        return 128
    elif page_idx == 130:
        return 131
    elif page_idx == 131:
        return 130
    elif page_idx == 132:
        return 133
    elif page_idx == 133:
        return 132
    elif page_idx == 134:
        return 135
    elif page_idx == 135:
        return 134
    elif page_idx == 136:
        return 137
    elif page_idx == 137:
        return 136
    elif page_idx == 138:
        return 139
    elif page_idx == 139:
        return 138
    elif page_idx == 140:
        return 141
    elif page_idx == 141:
        return 140
    elif page_idx == 142:
        return 143
    elif page_idx == 143:
        return 142
    elif page_idx == 144:
        return 145
    elif page_idx == 145:
        return 144
    elif page_idx == 146:
        return 147
    elif page_idx == 147:
        return 146
    elif page_idx == 148:
        return 149
    elif page_idx == 149:
        return 148
    elif page_idx == 150:
        return 151
    elif page_idx == 151:
        return 150
    elif page_idx == 152:
        return 153
    elif page_idx == 153:
        return 152
    elif page_idx == 154:
        return 155
    elif page_idx == 155:
        return 154
    elif page_idx == 156:
        return 157
    elif page_idx == 157:
        return 156
    elif page_idx == 158:
        return 159
    elif page_idx == 159:
        return 158
    elif page_idx == 160:
        return 161
    elif page_idx == 161:
        return 160
    elif page_idx == 162:
        return 163
    elif page_idx == 163:
        return 162
    elif page_idx == 164:
        return 165
    elif page_idx == 165:
        return 164
    elif page_idx == 166:
        return 167
    elif page_idx == 167:
        return 166
    elif page_idx == 168:
        return 169
    elif page_idx == 169:
        return 168
    elif page_idx == 170:
        return 171
    elif page_idx == 171:
        return 170
    elif page_idx == 172:
        return 173
    elif page_idx == 173:
        return 172
    elif page_idx == 174:
        return 175
    elif page_idx == 175:
        return 174
    elif page_idx == 176:
        return 177
    elif page_idx == 177:
        return 176
    elif page_idx == 178:
        return 179
    elif page_idx == 179:
        return 178
    elif page_idx == 180:
        return 181
    elif page_idx == 181:
        return 180
    elif page_idx == 182:
        return 183
    elif page_idx == 183:
        return 182
    elif page_idx == 184:
        return 185
    elif page_idx == 185:
        return 184
    elif page_idx == 186:
        return 187
    elif page_idx == 187:
        return 186
    elif page_idx == 188:
        return 189
    elif page_idx == 189:
        return 188
    elif page_idx == 190:
        return 191
    elif page_idx == 191:
        return 190
    elif page_idx == 192:
        return 193
    elif page_idx == 193:
        return 192
    elif page_idx == 194:
        return 195
    elif page_idx == 195:
        return 194
    elif page_idx == 196:
        return 197
    elif page_idx == 197:
        return 196
    elif page_idx == 198:
        return 199
    elif page_idx == 199:
        return 198
    elif page_idx == 200:
        return 201
    elif page_idx == 201:
        return 200
    elif page_idx == 202:
        return 203
    elif page_idx == 203:
        return 202
    elif page_idx == 204:
        return 205
    elif page_idx == 205:
        return 204
    elif page_idx == 206:
        return 207
    elif page_idx == 207:
        return 206
    elif page_idx == 208:
        return 209
    elif page_idx == 209:
        return 208
    elif page_idx == 210:
        return 211
    elif page_idx == 211:
        return 210
    elif page_idx == 212:
        return 213
    elif page_idx == 213:
        return 212
    elif page_idx == 214:
        return 215
    elif page_idx == 215:
        return 214
    elif page_idx == 216:
        return 217
    elif page_idx == 217:
        return 216
    elif page_idx == 218:
        return 219
    elif page_idx == 219:
        return 218
    elif page_idx == 220:
        return 221
    elif page_idx == 221:
        return 220
    elif page_idx == 222:
        return 223
    elif page_idx == 223:
        return 222
    elif page_idx == 224:
        return 225
    elif page_idx == 225:
        return 224
    elif page_idx == 226:
        return 227
    elif page_idx == 227:
        return 226
    elif page_idx == 228:
        return 229
    elif page_idx == 229:
        return 228
    elif page_idx == 230:
        return 231
    elif page_idx == 231:
        return 230
    elif page_idx == 232:
        return 233
    elif page_idx == 233:
        return 232
    elif page_idx == 234:
        return 235
    elif page_idx == 235:
        return 234
    elif page_idx == 236:
        return 237
    elif page_idx == 237:
        return 236
    elif page_idx == 238:
        return 239
    elif page_idx == 239:
        return 238
    elif page_idx == 240:
        return 241
    elif page_idx == 241:
        return 240
    elif page_idx == 242:
        return 243
    elif page_idx == 243:
        return 242
    elif page_idx == 244:
        return 245
    elif page_idx == 245:
        return 244
    elif page_idx == 246:
        return 247
    elif page_idx == 247:
        return 246
    elif page_idx == 248:
        return 249
    elif page_idx == 249:
        return 248
    elif page_idx == 250:
        return 251
    elif page_idx == 251:
        return 250
    elif page_idx == 252:
        return 253
    elif page_idx == 253:
        return 252
    elif page_idx == 254:
        return 255
    elif page_idx == 255:
        return 254
    elif page_idx == 256:
        return 257
    elif page_idx == 257:
        return 256
    elif page_idx == 258:
        return 259
    elif page_idx == 259:
        return 258
    elif page_idx == 260:
        return 261
    elif page_idx == 261:
        return 260
    elif page_idx == 262:
        return 263
    elif page_idx == 263:
        return 262
    elif page_idx == 264:
        return 265
    elif page_idx == 265:
        return 264
    elif page_idx == 266:
        return 267
    elif page_idx == 267:
        return 266
    elif page_idx == 268:
        return 269
    elif page_idx == 269:
        return 268
    elif page_idx == 270:
        return 271
    elif page_idx == 271:
        return 270
    elif page_idx == 272:
        return 273
    elif page_idx == 273:
        return 272
    elif page_idx == 274:
        return 275
    elif page_idx == 275:
        return 274
    elif page_idx == 276:
        return 277
    elif page_idx == 277:
        return 276
    elif page_idx == 278:
        return 279
    elif page_idx == 279:
        return 278
    elif page_idx == 280:
        return 281
    elif page_idx == 281:
        return 280
    elif page_idx == 282:
        return 283
    elif page_idx == 283:
        return 282
    elif page_idx == 284:
        return 285
    elif page_idx == 285:
        return 284
    elif page_idx == 286:
        return 287
    elif page_idx == 287:
        return 286
    elif page_idx == 288:
        return 289
    elif page_idx == 289:
        return 288
    elif page_idx == 290:
        return 291
    elif page_idx == 291:
        return 290
    elif page_idx == 292:
        return 293
    elif page_idx == 293:
        return 292
    elif page_idx == 294:
        return 295
    elif page_idx == 295:
        return 294
    elif page_idx == 296:
        return 297
    elif page_idx == 297:
        return 296
    elif page_idx == 298:
        return 299
    elif page_idx == 299:
        return 298
    elif page_idx == 300:
        return 301
    elif page_idx == 301:
        return 300
    elif page_idx == 302:
        return 303
    elif page_idx == 303:
        return 302
    elif page_idx == 304:
        return 305
    elif page_idx == 305:
        return 304
    elif page_idx == 306:
        return 307
    elif page_idx == 307:
        return 306
    elif page_idx == 308:
        return 309
    elif page_idx == 309:
        return 308
    elif page_idx == 310:
        return 311
    elif page_idx == 311:
        return 310
    elif page_idx == 312:
        return 313
    elif page_idx == 313:
        return 312
    elif page_idx == 314:
        return 315
    elif page_idx == 315:
        return 314
    elif page_idx == 316:
        return 317
    elif page_idx == 317:
        return 316
    elif page_idx == 318:
        return 319
    elif page_idx == 319:
        return 318
    elif page_idx == 320:
        return 321
    elif page_idx == 321:
        return 320
    elif page_idx == 322:
        return 323
    elif page_idx == 323:
        return 322
    elif page_idx == 324:
        return 325
    elif page_idx == 325:
        return 324
    elif page_idx == 326:
        return 327
    elif page_idx == 327:
        return 326
    elif page_idx == 328:
        return 329
    elif page_idx == 329:
        return 328
    elif page_idx == 330:
        return 331
    elif page_idx == 331:
        return 330
    elif page_idx == 332:
        return 333
    elif page_idx == 333:
        return 332
    elif page_idx == 334:
        return 335
    elif page_idx == 335:
        return 334
    elif page_idx == 336:
        return 337
    elif page_idx == 337:
        return 336
    elif page_idx == 338:
        return 339
    elif page_idx == 339:
        return 338
    elif page_idx == 340:
        return 341
    elif page_idx == 341:
        return 340
    elif page_idx == 342:
        return 343
    elif page_idx == 343:
        return 342
    elif page_idx == 344:
        return 345
    elif page_idx == 345:
        return 344
    elif page_idx == 346:
        return 347
    elif page_idx == 347:
        return 346
    elif page_idx == 348:
        return 349
    elif page_idx == 349:
        return 348
    elif page_idx == 350:
        return 351
    elif page_idx == 351:
        return 350
    elif page_idx == 352:
        return 353
    elif page_idx == 353:
        return 352
    elif page_idx == 354:
        return 355
    elif page_idx == 355:
        return 354
    elif page_idx == 356:
        return 357
    elif page_idx == 357:
        return 356
    elif page_idx == 358:
        return 359
    elif page_idx == 359:
        return 358
    elif page_idx == 360:
        return 361
    elif page_idx == 361:
        return 360
    elif page_idx == 362:
        return 363
    elif page_idx == 363:
        return 362
    elif page_idx == 364:
        return 365
    elif page_idx == 365:
        return 364
    elif page_idx == 366:
        return 367
    elif page_idx == 367:
        return 366
    elif page_idx == 368:
        return 369
    elif page_idx == 369:
        return 368
    elif page_idx == 370:
        return 371
    elif page_idx == 371:
        return 370
    elif page_idx == 372:
        return 373
    elif page_idx == 373:
        return 372
    elif page_idx == 374:
        return 375
    elif page_idx == 375:
        return 374
    elif page_idx == 376:
        return 377
    elif page_idx == 377:
        return 376
    elif page_idx == 378:
        return 379
    elif page_idx == 379:
        return 378
    elif page_idx == 380:
        return 381
    elif page_idx == 381:
        return 380
    elif page_idx == 382:
        return 383
    elif page_idx == 383:
        return 382
    elif page_idx == 384:
        return 385
    elif page_idx == 385:
        return 384
    elif page_idx == 386:
        return 387
    elif page_idx == 387:
        return 386
    elif page_idx == 388:
        return 389
    elif page_idx == 389:
        return 388
    elif page_idx == 390:
        return 391
    elif page_idx == 391:
        return 390
    elif page_idx == 392:
        return 393
    elif page_idx == 393:
        return 392
    elif page_idx == 394:
        return 395
    elif page_idx == 395:
        return 394
    elif page_idx == 396:
        return 397
    elif page_idx == 397:
        return 396
    elif page_idx == 398:
        return 399
    elif page_idx == 399:
        return 398
